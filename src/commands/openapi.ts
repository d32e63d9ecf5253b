import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { LazyDescription } from '../http/description/lazy-description.js';
import { type CommandContext, CommandError } from './context.js';
import { readSettings } from './read-settings.js';

/** `openapi`: what `GET /openapi.json` and `GET /docs` answer under these settings, without a server. */
export function registerOpenapi(program: Command, context: CommandContext): void {
  program
    .command('openapi')
    .description('print the description of the API (OpenAPI 3.1)')
    .option('--page', 'as the page that /docs shows')
    .option('--out <file>', 'write it to a file')
    .action(async ({ page, out }: { page?: boolean; out?: string }) => {
      const description = new LazyDescription(readSettings(context).settings);
      const text = page ? (await description.page()).html : `${await description.json()}\n`;
      if (out === undefined) context.stdout.write(text);
      else await writeText(resolve(context.cwd, out), text);
    });
}

async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new CommandError(`${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
}
