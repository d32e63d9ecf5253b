import type { Command } from 'commander';
import type { StoreReader } from '../stores/store.js';
import { type CommandContext, CommandError } from './context.js';
import { table } from './measurement.js';
import { registerNamespacesExport } from './namespaces-export.js';
import { registerNamespacesForget } from './namespaces-forget.js';
import { registerNamespacesImport } from './namespaces-import.js';
import { assertStored, owning, reading, type StoredState } from './stored-state.js';
import { confirm, oneLine } from './terminal.js';

/** What `stats` prints; times in milliseconds since the epoch, null where unknown. */
interface NamespaceStats {
  namespace: string;
  /** Feedbacks applied, ever. */
  feedback_total: number;
  request_total: number;
  created_at: number | null;
  last_used_at: number | null;
  /** Queries remembered. */
  cells: number;
  /** Documents with evidence of the whole namespace. */
  documents_known: number;
  impressions: number;
  storage_bytes: number;
}

/** `namespaces list | stats NS | drop NS | export NS | import FILE | forget NS`: what is stored, without a running server. */
export function registerNamespaces(program: Command, context: CommandContext, state: StoredState): void {
  const namespaces = program
    .command('namespaces')
    .description('list, inspect, drop and move stored namespaces');
  namespaces
    .command('list')
    .description('print the names of all namespaces that have state')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => list(context, state, options.json === true));
  namespaces
    .command('stats')
    .description('print what is stored of a namespace')
    .argument('<namespace>')
    .option('--json', 'print JSON')
    .action((name: string, options: { json?: boolean }) =>
      stats(context, state, name, options.json === true),
    );
  namespaces
    .command('drop')
    .description('remove everything that is stored of a namespace')
    .argument('<namespace>')
    .option('--force', 'do not ask')
    .option('--json', 'print JSON')
    .action((name: string, options: { force?: boolean; json?: boolean }) =>
      drop(context, state, name, options),
    );
  registerNamespacesExport(namespaces, context, state);
  registerNamespacesImport(namespaces, context, state);
  registerNamespacesForget(namespaces, context, state);
}

async function list(context: CommandContext, state: StoredState, json: boolean): Promise<void> {
  const names = await reading(context, state, (reader) => reader.namespaces());
  context.stdout.write(
    json ? `${JSON.stringify(names)}\n` : names.map((name) => `${oneLine(name)}\n`).join(''),
  );
}

async function stats(
  context: CommandContext,
  state: StoredState,
  name: string,
  json: boolean,
): Promise<void> {
  const found = await reading(context, state, async (reader) => {
    await assertStored(reader, name);
    return readStats(reader, name);
  });
  if (json) {
    context.stdout.write(`${JSON.stringify(found)}\n`);
    return;
  }
  const rows = Object.entries(found).map(([key, value]) => [key, shown(key, value)]);
  context.stdout.write(table(['what', 'value'], rows));
}

async function readStats(reader: StoreReader, namespace: string): Promise<NamespaceStats> {
  const [row, usage] = [await reader.get(namespace, 'meta', 'counters'), await reader.usage(namespace)];
  const counters = row ? (JSON.parse(row.value) as Record<string, unknown>) : {};
  const count = (name: string) =>
    Number.isFinite(counters[name]) ? Math.trunc(counters[name] as number) : null;
  return {
    namespace,
    feedback_total: count('feedback_total') ?? 0,
    request_total: count('request_total') ?? 0,
    created_at: count('created_at'),
    last_used_at: count('last_used_at'),
    cells: usage.rows.cell,
    documents_known: usage.rows.document,
    impressions: usage.rows.impression,
    storage_bytes: Object.values(usage.bytes).reduce((sum, size) => sum + size, 0),
  };
}

async function drop(
  context: CommandContext,
  state: StoredState,
  name: string,
  options: { force?: boolean; json?: boolean },
): Promise<void> {
  // Looked for before the folder is taken: a name that is not there is no reason to make one.
  await reading(context, state, (reader) => assertStored(reader, name));
  const aside = await owning(context, state, `drop ${oneLine(name)}`, async (owner, settings) => {
    const question = `Drop namespace ${oneLine(name)} and all that was learned in it?`;
    if (!options.force && !(await confirm(context, question))) throw new CommandError('Nothing was dropped');
    await owner.drop(name);
    return state.openUpkeep(settings).setAside(name);
  });
  const left =
    aside.length > 0 ? `Set aside as damaged, and may still hold some of it: ${aside.join(', ')}\n` : '';
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ dropped: name, set_aside: aside })}\n`
      : `Dropped ${oneLine(name)}\n${left}`,
  );
}

function shown(key: string, value: string | number | null): string {
  if (value === null) return '-';
  return key.endsWith('_at') ? new Date(value).toISOString() : String(value);
}
