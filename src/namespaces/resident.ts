/**
 * Why a namespace left memory. `dropped`: its state is being removed, so nothing of it is saved; `reconfigured`: it is to
 * be opened anew, with another scorer; `quota`: its family takes more memory than it may.
 */
export type EvictionReason = 'count' | 'bytes' | 'idle' | 'dropped' | 'shutdown' | 'reconfigured' | 'quota';

/** What the registry needs of an open namespace. */
export interface Resident {
  readonly name: string;
  /** Memory it takes without its caches; may change with every use, reading it is cheap. */
  readonly bytes: number;
  /** Memory of what can be made again. */
  readonly cacheBytes: number;
  /** Lets go of at least so many of these bytes, or of all; what is dear to make last. */
  trimCaches(bytes: number): void;
  /** Saves what is not saved yet. Rejects if that fails. */
  flush(): Promise<void>;
  /** The last call; nobody uses it any more. */
  close(reason: EvictionReason): Promise<void>;
}
