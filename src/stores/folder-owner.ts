import { join } from 'node:path';
import type { Clock } from '../base/clock.js';
import { storageError } from './disk-failure.js';
import type { Files } from './files.js';
import { type FolderLock, LOCK_FILE } from './lock.js';
import { RetryPause } from './retry-pause.js';
import type { StorageError } from './store.js';

/** Sees to it that a folder is ours before anything is written in it. Throws `StorageError`. */
export class FolderOwner {
  private readonly pause: RetryPause;
  private failure: StorageError | undefined;
  private identity: string | undefined;

  constructor(
    private readonly folder: string,
    clock: Clock,
    private readonly files: Files,
    /** Absent = the caller sees to it. */
    private readonly lock: FolderLock | undefined,
    /** The folder is another one than before: another volume was mounted, or it was made anew. */
    private readonly onReplaced: () => void,
  ) {
    this.pause = new RetryPause(clock);
  }

  /** Takes the lock if need be; throws the last reason again while it is too early for another try. */
  own(): void {
    const { lock } = this;
    if (!lock) return;
    if (this.failure && !this.pause.isOver) throw this.failure;
    try {
      lock.acquire();
    } catch (cause) {
      this.failure = storageError(cause, this.folder);
      this.pause.failed();
      throw this.failure;
    }
    this.failure = undefined;
    this.pause.succeeded();
    const before = this.identity;
    this.identity = this.files.facts(join(this.folder, LOCK_FILE))?.identity;
    if (before !== undefined && before !== this.identity) this.onReplaced();
  }

  release(): void {
    this.lock?.release();
  }
}
