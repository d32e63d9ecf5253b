import type { Command } from 'commander';
import type { Store } from '../stores/store.js';
import { importStream, type VerifiedStream } from '../transfer/import-stream.js';
import { isUnfinished } from '../transfer/namespace-rows.js';
import type { StreamHeader } from '../transfer/stream-format.js';
import { type CommandContext, CommandError } from './context.js';
import { commandCall, type FolderAdmin } from './open-admin.js';
import { openImport } from './open-import.js';
import { durableSettings, namesOf, owning, type StateIdentity, type StoredState } from './stored-state.js';
import { oneLine } from './terminal.js';

interface ImportOptions {
  readonly as?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `namespaces import FILE`: an exported namespace, of any storage mode; no server may be running. */
export function registerNamespacesImport(
  namespaces: Command,
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
): void {
  namespaces
    .command('import')
    .description('put an exported namespace into the storage; nothing is changed unless all of it is whole')
    .argument('<file>', 'what `namespaces export` wrote; - reads stdin')
    .option('--as <namespace>', 'another name than the one it was exported under')
    .option('--force', 'replace what the namespace has')
    .option('--json', 'print JSON')
    .action((file: string, options: ImportOptions) => importNamespace(context, state, folder, file, options));
}

async function importNamespace(
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
  file: string,
  options: ImportOptions,
): Promise<void> {
  const { storageDir } = durableSettings(context);
  const { stream, close } = await openImport(context, file, storageDir);
  try {
    await importVerified(context, state, folder, stream, options);
  } finally {
    close();
  }
}

async function importVerified(
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
  stream: VerifiedStream,
  options: ImportOptions,
): Promise<void> {
  const name = options.as ?? stream.header.namespace;
  assertName(context, name);
  const { rows } = stream.footer;
  const notes = await owning(context, state, `import ${oneLine(name)}`, async (owner, settings) => {
    await assertReplaceable(owner, name, options.force === true);
    await importStream(owner, name, stream);
    await folder.note(
      settings,
      [{ action: 'namespace.import', namespace: name, after: { rows } }],
      commandCall(),
    );
    return differences(stream.header, await state.identify(settings));
  });
  const report = { imported: name, rows, notes };
  const people = `Imported ${oneLine(name)}: ${rows} rows\n${notes.map((note) => `${note}\n`).join('')}`;
  context.stdout.write(options.json ? `${JSON.stringify(report)}\n` : people);
}

/** Ends the command where the server would refuse the name, or could not tell it from another. */
export function assertName(context: CommandContext, name: string): void {
  const names = namesOf(durableSettings(context));
  if (name === names.defaultName || names.accepts(name)) return;
  throw new CommandError(`Invalid namespace: ${JSON.stringify(oneLine(name, 80))}; --as gives another`);
}

/** Ends the command where a namespace has state, unless that may go or was never finished. */
export async function assertReplaceable(owner: Store, name: string, force: boolean): Promise<void> {
  if (force || !(await owner.namespaces()).includes(name) || (await isUnfinished(owner, name))) return;
  throw new CommandError(`${oneLine(name)} has state already; --force replaces it`);
}

/** What of the state will not work as it did where it comes from. */
function differences(header: StreamHeader, { encoder, hash }: StateIdentity): string[] {
  const notes: string[] = [];
  if (header.hashKey !== null && header.hashKey !== hash.fingerprint) {
    notes.push(
      'It was stored under another hash key: known queries are found by their vectors, no longer by their text ' +
        '(the key is hash.key of the folder it comes from, or its STORAGE_HASH_KEY).',
    );
  }
  if (header.encoder !== null && header.encoder !== encoder.id) {
    const names = `${oneLine(header.encoder, 80)}, here ${encoder.id}`;
    notes.push(
      `Its vectors are of another encoder (${names}): known queries are found by their text alone until they are learned again.`,
    );
  }
  return notes;
}
