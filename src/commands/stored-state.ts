import type { KeyedHash } from '../base/keyed-hash.js';
import type { Settings } from '../base/settings/table.js';
import { NamespaceNames } from '../namespaces/name.js';
import { StorageError, type Store, type StoreReader } from '../stores/store.js';
import type { StateUpkeep } from '../stores/upkeep.js';
import type { Migration } from '../transfer/migrate.js';
import { type CommandContext, CommandError } from './context.js';
import { readSettings } from './read-settings.js';
import { oneLine } from './terminal.js';

/** How commands get at stored state; all reject with `StorageError`. */
export interface StoredState {
  /** Reads, also while a server owns the folder; makes nothing, and reads as empty where there is nothing. */
  openReader(settings: Settings): Promise<StoreReader>;
  /** Takes ownership of the folder; `StorageError` `locked` where a server has it. */
  openOwner(settings: Settings): Promise<Store>;
  /**
   * State on its way from one mode to another. Takes ownership of the target's folder, where both may be; `finish` says
   * that from now on the target's is the one that counts.
   */
  openMigration(
    from: Settings,
    to: Settings,
  ): Promise<Migration & { finish(): void; close(): Promise<void> }>;
  /** What new state is written by. Makes the hash key where there is none, so it is asked by owners alone. */
  identify(settings: Settings): Promise<StateIdentity>;
  /** The files themselves; takes no lock. */
  openUpkeep(settings: Settings): StateUpkeep;
  /** Those and the catalog's, which comes first. */
  openAllUpkeep(settings: Settings): StateUpkeep;
  /** Records of the catalog that cannot be read, a sentence each; none where its file is damaged: that is the files' to tell. */
  catalogProblems(settings: Settings): Promise<readonly string[]>;
  /** Takes ownership of the folder without opening what is in it; throws `StorageError` as `openOwner` does. */
  lockFolder(settings: Settings): { release(): void };
  /** Forgets what is cached on disk, of a namespace, of a model, or all; of who owns the folder alone. */
  purgeCaches(
    settings: Settings,
    wish: { readonly namespace?: string; readonly model?: string; readonly all?: true },
  ): Promise<void>;
  /** Puts the hash key of one storage folder into another; `other` where that has one of its own. */
  carryHashKey(from: string, to: string): 'none' | 'carried' | 'other';
  /**
   * Copies the catalog of namespaces from one folder into another, which is owned; `other` where that has one of another
   * history, which stays unless it is to be replaced.
   */
  carryCatalog(from: string, to: string, replace: boolean): Promise<'none' | 'carried' | 'other'>;
  /** Notes in the folder how its state is kept, so that a server with other settings does not take it for empty. */
  recordMode(settings: Settings): void;
  /** Whether the folder says that its state is kept in this way. */
  isRecorded(settings: Settings): boolean;
}

/** What ties stored state to this installation. */
export interface StateIdentity {
  /** `id` is the name as it is stored: `name@version`. */
  readonly encoder: { readonly name: string; readonly id: string; readonly dimension: number };
  readonly hash: KeyedHash;
}

/** Runs some work over what is stored, without taking the folder. */
export async function reading<Result>(
  context: CommandContext,
  state: StoredState,
  work: (reader: StoreReader) => Promise<Result>,
): Promise<Result> {
  const reader = await state.openReader(durableSettings(context));
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

/**
 * Runs some work as the owner of the folder. `intent` completes "Cannot … while a server runs".
 */
export async function owning<Result>(
  context: CommandContext,
  state: StoredState,
  intent: string,
  work: (owner: Store, settings: Settings) => Promise<Result>,
): Promise<Result> {
  const settings = durableSettings(context);
  const owner = await takeOwnership(() => state.openOwner(settings), intent);
  try {
    return await work(owner, settings);
  } finally {
    await owner.close();
  }
}

/** Runs some work on the files of the folder as its owner. `intent` as for `owning`. */
export async function owningFolder<Result>(
  state: StoredState,
  settings: Settings,
  intent: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = await takeOwnership(async () => state.lockFolder(settings), intent);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** Opens what only the folder's owner may, and says why it cannot where a server is the owner. */
export async function takeOwnership<Owned>(open: () => Promise<Owned>, intent: string): Promise<Owned> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof StorageError) || error.failure !== 'locked') throw error;
    throw new CommandError(`Cannot ${intent} while a server runs: ${error.message}; stop it first`);
  }
}

/** The settings, unless nothing is kept by them. */
export function durableSettings(context: CommandContext): Settings {
  const { settings } = readSettings(context);
  if (settings.storageBackend === 'memory') {
    throw new CommandError('NEURALCACHE_STORAGE_BACKEND="memory": nothing is stored');
  }
  return settings;
}

/** Which names may be used, as the server has it. */
export function namesOf(settings: Settings): NamespaceNames {
  return new NamespaceNames({
    pattern: settings.namespacePattern,
    policy: settings.namespacePolicy,
    defaultName: settings.defaultNamespace,
  });
}

/** Ends the command unless a namespace has state. */
export async function assertStored(reader: Pick<StoreReader, 'namespaces'>, name: string): Promise<void> {
  if (!(await reader.namespaces()).includes(name)) {
    throw new CommandError(`Namespace not found: ${oneLine(name)}`);
  }
}
