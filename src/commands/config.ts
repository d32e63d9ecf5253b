import type { Command } from 'commander';
import { describeSettings } from '../base/settings/describe.js';
import type { CommandContext } from './context.js';
import { readSettings } from './read-settings.js';

/** `config`: every setting on a line with its value, secrets masked, and where it came from. */
export function registerConfig(program: Command, context: CommandContext): void {
  program
    .command('config')
    .description('print every setting, its value and where it came from')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => {
      const loaded = readSettings(context);
      const described = describeSettings(loaded);
      if (json) {
        const entries = described.map(({ name, value, origin }) => [name, { value, origin }]);
        context.stdout.write(`${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
      } else {
        for (const { name, value, origin } of described) {
          context.stdout.write(`${name}=${plain(value)}  (${origin})\n`);
        }
      }
      for (const warning of loaded.warnings) context.stderr.write(`${warning}\n`);
    });
}

/** As it could be written in the environment; nothing where a setting is unset. */
function plain(value: unknown): string {
  if (value === null) return '';
  return Array.isArray(value) ? value.join(',') : String(value);
}
