import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type DeclaredFile, MAX_DECLARED_BYTES, readDeclared } from '../management/declared-file.js';
import type { Plan, PlannedChange } from '../management/namespace-admin.js';
import { readDeclaredFile } from '../management/read-declared-file.js';
import { type CommandContext, CommandError } from './context.js';
import { type AdminTarget, changing, commandCall, type FolderAdmin, lookingAt } from './open-admin.js';
import { oneLine } from './terminal.js';

interface ApplyOptions {
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly url?: string;
  readonly json?: boolean;
}

const WIDTH = 100;
const MARKS: Readonly<Record<PlannedChange['action'], string>> = {
  create: '+',
  update: '~',
  restore: '^',
  delete: '-',
};

/** `namespaces apply FILE`: makes namespaces what a file says, and prints what that changes. */
export function registerNamespacesApply(
  namespaces: Command,
  context: CommandContext,
  folder: FolderAdmin,
): void {
  namespaces
    .command('apply')
    .description('make namespaces what a YAML file says; nothing is changed unless all of it can be')
    .argument('<file>', 'as NEURALCACHE_NAMESPACES_FILE; - reads stdin')
    .option('--dry-run', 'only print what would change')
    .option('--prune', 'also delete, with grace, those that were declared once and are not any more')
    .option('--url <url>', 'on this running server; its token is the first of NEURALCACHE_ADMIN_TOKENS')
    .option('--json', 'print JSON')
    .action((file: string, options: ApplyOptions) => apply(context, folder, file, options));
}

async function apply(
  context: CommandContext,
  folder: FolderAdmin,
  file: string,
  options: ApplyOptions,
): Promise<void> {
  const { dryRun = false, prune = false, url, json } = options;
  const { declared, explain } = await read(context, file);
  const work = async ({ admin, call }: Omit<AdminTarget, 'where'>) => {
    try {
      return await admin.apply(declared, { dryRun, prune }, call);
    } catch (error) {
      throw explain(error);
    }
  };
  const plan = dryRun
    ? await lookingAt(context, folder, url, (admin) => work({ admin, call: commandCall() }))
    : await changing(context, folder, { url, intent: `apply ${oneLine(file)}` }, work);
  context.stdout.write(json ? `${JSON.stringify(plan)}\n` : planText(plan));
}

async function read(context: CommandContext, file: string): Promise<DeclaredFile> {
  if (file !== '-') return readDeclaredFile(resolve(context.cwd, file), file);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of context.stdin) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_DECLARED_BYTES) throw new CommandError(`stdin: longer than ${MAX_DECLARED_BYTES} bytes`);
    chunks.push(bytes);
  }
  return readDeclared(Buffer.concat(chunks).toString('utf8'), 'stdin');
}

/** A line for each namespace, below it what of it changes, and the sum. */
function planText({ changes, unchanged, skipped, applied }: Plan): string {
  const lines = changes.flatMap(({ action, namespace, fields }) => [
    `${MARKS[action]} ${action} ${oneLine(namespace)}`,
    ...Object.entries(fields).map(
      ([field, { before, after }]) => `    ${field}: ${value(before)} → ${value(after)}`,
    ),
  ]);
  for (const { namespace, reason } of skipped) lines.push(`! ${oneLine(namespace)} ${oneLine(reason)}`);
  const done = applied ? 'changed' : 'to change';
  const left = skipped.length === 0 ? '' : `, ${skipped.length} left as they are`;
  lines.push(`${changes.length} ${done}, ${unchanged} unchanged${left}.`);
  return `${lines.join('\n')}\n`;
}

function value(given: unknown): string {
  return oneLine(JSON.stringify(given ?? null), WIDTH);
}
