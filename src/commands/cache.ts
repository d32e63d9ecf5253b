import type { Command } from 'commander';
import { callServer, serverUrl } from './call-server.js';
import { type CommandContext, CommandError } from './context.js';
import { commandCall, type FolderAdmin } from './open-admin.js';
import { readSettings } from './read-settings.js';
import { durableSettings, namesOf, owningFolder, type StoredState } from './stored-state.js';
import { oneLine } from './terminal.js';

interface PurgeOptions {
  readonly namespace?: string;
  readonly model?: string;
  readonly all?: boolean;
  readonly url?: string;
  readonly json?: boolean;
}

/** What to forget: one of them. */
type PurgeWish = Parameters<StoredState['purgeCaches']>[1];

/** `cache purge`: forgets what caches hold, in a running server or on disk. */
export function registerCache(
  program: Command,
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
): void {
  const cache = program.command('cache').description('look after what is cached');
  cache
    .command('purge')
    .description('forget what is cached: on disk, or with --url in a running server')
    .option('--namespace <name>', 'all that is cached of this namespace')
    .option('--model <name>', 'the scores of pairs by this model')
    .option('--all', 'everything')
    .option('--url <url>', 'the server; its token is the first of NEURALCACHE_ADMIN_TOKENS')
    .option('--json', 'print JSON')
    .action((options: PurgeOptions) => purge(context, state, folder, options));
}

async function purge(
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
  options: PurgeOptions,
): Promise<void> {
  const wish = readWish(context, options);
  const { url, json } = options;
  if (url !== undefined) await purgeServer(context, serverUrl(url), wish);
  else await purgeFile(context, state, folder, wish);
  context.stdout.write(json ? `${JSON.stringify({ purged: wish })}\n` : `Purged ${nameOf(wish)}.\n`);
}

function readWish(context: CommandContext, { namespace, model, all }: PurgeOptions): PurgeWish {
  const given = [namespace, model, all].filter((value) => value !== undefined);
  if (given.length !== 1) throw new CommandError('give one of --namespace, --model and --all', 2);
  if (namespace === undefined) return model === undefined ? { all: true } : { model };
  return { namespace: namesOf(readSettings(context).settings).parse(namespace) };
}

async function purgeServer(context: CommandContext, url: string, wish: PurgeWish): Promise<void> {
  const [token] = readSettings(context).settings.adminTokens;
  if (token === undefined)
    throw new CommandError('NEURALCACHE_ADMIN_TOKENS is not set: the server wants one of its tokens');
  await callServer({ url, path: '/admin/cache/purge', body: wish, token });
}

async function purgeFile(
  context: CommandContext,
  state: StoredState,
  folder: FolderAdmin,
  wish: PurgeWish,
): Promise<void> {
  const settings = durableSettings(context);
  await owningFolder(state, settings, 'purge the cache on disk', async () => {
    await state.purgeCaches(settings, wish);
    const note = { action: 'cache.purge', namespace: wish.namespace ?? '', after: wish };
    await folder.note(settings, [note], commandCall());
  });
}

function nameOf({ namespace, model }: PurgeWish): string {
  if (namespace !== undefined) return `what was cached of namespace ${oneLine(namespace)}`;
  return model === undefined ? 'everything that was cached' : `the pairs of model ${oneLine(model)}`;
}
