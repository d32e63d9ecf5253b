import { userInfo } from 'node:os';
import { RequestIds } from '../base/request-ids.js';
import type { Settings } from '../base/settings/table.js';
import { namespaceNotFound } from '../catalog/status.js';
import type { AdminCall, NamespaceAdmin } from '../management/namespace-admin.js';
import type { CatalogReader } from '../stores/catalog-store.js';
import { StorageError } from '../stores/store.js';
import { reachableUrl } from './banner.js';
import { ServerUnreachable, serverUrl } from './call-server.js';
import { type CommandContext, CommandError } from './context.js';
import { readSettings } from './read-settings.js';
import { RemoteNamespaceAdmin } from './remote-namespace-admin.js';
import { durableSettings } from './stored-state.js';
import { oneLine } from './terminal.js';

/** How commands manage the namespaces of a folder without a server; all reject with `StorageError`. */
export interface FolderAdmin {
  /** Whether there is anything to look at: what makes nothing must not make a folder either. */
  exists(settings: Settings): boolean;
  /** Takes ownership of the folder, making it; `locked` where another process has it. */
  own(settings: Settings): Promise<OpenedAdmin>;
  /** Looks on, also while a server owns the folder: whatever would change something rejects. Makes nothing. */
  read(settings: Settings): Promise<OpenedAdmin>;
  /** The catalog as it is on the disk, also while a server owns the folder. Makes nothing. */
  readCatalog(settings: Settings): CatalogReader;
  /** Puts what a command changed by itself into the audit log; of who owns the folder alone. */
  note(settings: Settings, entries: readonly ChangeNote[], call: AdminCall): Promise<void>;
}

export interface ChangeNote {
  readonly action: string;
  readonly namespace: string;
  /** JSON values, without ids or texts of documents. */
  readonly after: object;
}

export interface OpenedAdmin {
  readonly admin: NamespaceAdmin;
  /** What whoever changes something should know first, in a sentence: records were lost. */
  readonly warning?: string | undefined;
  close(): Promise<void>;
}

/** Whom a command asks. */
export interface AdminTarget {
  readonly admin: NamespaceAdmin;
  /** Who asks; a server goes by the token instead. */
  readonly call: AdminCall;
  /** Completes "…, and all that was learned in it": empty, or which server it is. */
  readonly where: string;
}

/**
 * Runs some work that only looks: over the files of the folder, or with `url` on that server, which also knows what is
 * not stored.
 */
export async function lookingAt<Result>(
  context: CommandContext,
  folder: FolderAdmin,
  url: string | undefined,
  work: (admin: NamespaceAdmin) => Promise<Result>,
): Promise<Result> {
  if (url !== undefined) return work(remote(context, url));
  const opened = await folder.read(durableSettings(context));
  return closing(opened, () => work(opened.admin));
}

/** What a command is about to change. */
export interface Intent {
  readonly url?: string | undefined;
  /** Completes "Cannot … while a server runs". */
  readonly intent: string;
  /** The namespace, where it must be there already: then no folder is made for it. */
  readonly existing?: string;
}

/**
 * Runs some work that changes something: on the server at `url`, on the folder where no process owns it, else on the
 * server that the settings of this command would start.
 */
export async function changing<Result>(
  context: CommandContext,
  folder: FolderAdmin,
  { url, intent, existing }: Intent,
  work: (target: AdminTarget) => Promise<Result>,
): Promise<Result> {
  const call = commandCall();
  if (url !== undefined) return work({ admin: remote(context, url), call, where: ` on ${url}` });
  const settings = durableSettings(context);
  const isThere = existing === undefined || existing === settings.defaultNamespace || folder.exists(settings);
  if (!isThere) throw namespaceNotFound(oneLine(existing));
  let opened: OpenedAdmin;
  try {
    opened = await folder.own(settings);
  } catch (error) {
    if (!(error instanceof StorageError) || error.failure !== 'locked') throw error;
    return changingServer(settings, error, intent, (admin, where) => work({ admin, call, where }));
  }
  if (opened.warning !== undefined) context.stderr.write(`Warning: ${opened.warning}\n`);
  return closing(opened, () => work({ admin: opened.admin, call, where: '' }));
}

async function changingServer<Result>(
  settings: Settings,
  { message }: StorageError,
  intent: string,
  work: (admin: NamespaceAdmin, where: string) => Promise<Result>,
): Promise<Result> {
  const [token] = settings.adminTokens;
  if (token === undefined) {
    const ways = 'stop it first, or set NEURALCACHE_ADMIN_TOKENS for both';
    throw new CommandError(`Cannot ${intent} while a server runs: ${message}; ${ways}`);
  }
  const url = reachableUrl(settings.httpHost, settings.httpPort);
  try {
    return await work(new RemoteNamespaceAdmin(url, token), ` on ${url}`);
  } catch (error) {
    if (!(error instanceof ServerUnreachable)) throw error;
    throw new CommandError(
      `Cannot ${intent}: ${message}, and ${error.message}; --url tells where it listens`,
    );
  }
}

function remote(context: CommandContext, url: string): RemoteNamespaceAdmin {
  const [token] = readSettings(context).settings.adminTokens;
  if (token === undefined)
    throw new CommandError('NEURALCACHE_ADMIN_TOKENS is not set: the server wants one of its tokens');
  return new RemoteNamespaceAdmin(serverUrl(url), token);
}

async function closing<Result>(opened: OpenedAdmin, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } finally {
    await opened.close();
  }
}

/** A call by the person at this command line. */
export function commandCall(): AdminCall {
  return { actor: `cli:${userName()}`, requestId: new RequestIds().next() };
}

/** Of the operating system; a number where it has no name. */
function userName(): string {
  try {
    return userInfo()
      .username.replace(/[^\x21-\x7e]+/g, '?')
      .slice(0, 64);
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
