import type { Command } from 'commander';
import {
  countDocument,
  documentKeysOf,
  type ForgottenDocument,
  forgetDocument,
} from '../transfer/forget-document.js';
import { type CommandContext, CommandError } from './context.js';
import { commandCall, type FolderAdmin } from './open-admin.js';
import {
  assertStored,
  durableSettings,
  owning,
  owningFolder,
  reading,
  type StoredState,
} from './stored-state.js';
import { oneLine } from './terminal.js';

interface ForgetOptions {
  readonly document: string;
  readonly json?: boolean;
}

/** `namespaces forget NS --document ID`: erases one document everywhere, and proves it; no server may be running. */
export function registerNamespacesForget(
  namespaces: Command,
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
): void {
  namespaces
    .command('forget')
    .description('erase one document from everything that is stored of a namespace')
    .argument('<namespace>')
    .requiredOption('--document <id>', 'its id, as requests have it')
    .option('--json', 'print JSON')
    .action((name: string, options: ForgetOptions) => forget(context, state, folder, name, options));
}

async function forget(
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
  name: string,
  { document: id, json }: ForgetOptions,
): Promise<void> {
  await reading(context, state, (reader) => assertStored(reader, name));
  const intent = `forget a document of ${oneLine(name)}`;
  const { keys, forgotten } = await owning(context, state, intent, async (owner, settings) => {
    const { hash } = await state.identify(settings);
    // Which of the vectors there is the document's, its id does not tell.
    await state.purgeCaches(settings, { namespace: name });
    const found = await forgetDocument(owner, name, id, hash);
    const note = { action: 'namespace.forget', namespace: name, after: found };
    await folder.note(settings, [note], commandCall());
    return { keys: documentKeysOf(id, hash), forgotten: found };
  });
  // What was removed may still lie in the files, between what was kept.
  await compact(context, state, name, intent);
  const left = await reading(context, state, (reader) => countDocument(reader, name, keys));
  if (left > 0) {
    throw new CommandError(
      `${left} damaged records of ${oneLine(name)} still hold the document: run neuralcache storage repair, then this again`,
    );
  }
  context.stdout.write(
    json ? `${JSON.stringify({ namespace: name, ...forgotten, left })}\n` : sentence(name, forgotten),
  );
}

async function compact(
  context: CommandContext,
  state: StoredState,
  name: string,
  intent: string,
): Promise<void> {
  const settings = durableSettings(context);
  await owningFolder(state, settings, intent, async () => {
    const upkeep = state.openUpkeep(settings);
    for (const part of upkeep.parts()) {
      if (part.namespace === null || part.namespace === name) upkeep.compact(part);
    }
  });
}

function sentence(name: string, { cells, documents, impressions, narratives }: ForgottenDocument): string {
  const records = cells + documents + impressions;
  if (records === 0) return `Nothing in ${oneLine(name)} holds the document\n`;
  return (
    `Forgot the document in ${oneLine(name)}: ${records} records changed ` +
    `(${cells} queries, ${documents} of the namespace, ${impressions} impressions), ` +
    `${narratives} narratives begin anew; none is left\n`
  );
}
