import { join } from 'node:path';
import { ManualClock } from '../../src/base/clock.js';
import { answerCacheCall } from '../../src/stores/cache-calls.js';
import { CacheFile, type CacheFileOptions } from '../../src/stores/cache-file.js';
import { type CacheEvents, WorkerCache, type WriteBehindOptions } from '../../src/stores/worker-cache.js';
import { makeFolder } from './sqlite-harness.js';

/** A folder of its own for each test, with a cache's file that is driven in this thread. */
export class CacheHome {
  readonly clock = new ManualClock();
  /** Where files were moved to. */
  readonly setAside: string[] = [];
  private readonly place = makeFolder();
  private readonly opened: CacheFile[] = [];

  get folder(): string {
    return this.place.folder;
  }

  get path(): string {
    return join(this.folder, 'cache.db');
  }

  openFile(options: Partial<CacheFileOptions> = {}): CacheFile {
    const file = new CacheFile({
      path: this.path,
      maxBytes: 64 * 1024 * 1024,
      clock: this.clock,
      onSetAside: (newPath) => this.setAside.push(newPath),
      ...options,
    });
    this.opened.push(file);
    return file;
  }

  /** The store over a file in this thread: what the worker does, without the worker. */
  openCache(file = this.openFile(), options: Partial<WriteBehindOptions> = {}): WorkerCache {
    return new WorkerCache(
      {
        post: async (call) => {
          const answer = structuredClone(answerCacheCall(file, call));
          if (call[0] !== 'close') while (file.idle());
          return answer;
        },
        stop: async () => {},
      },
      { clock: this.clock, ...options },
    );
  }

  remove(): void {
    for (const file of this.opened) file.close();
    this.place.remove();
  }
}

/** Notes what a cache tells. */
export function noting(): { told: unknown[][]; events: CacheEvents } {
  const told: unknown[][] = [];
  return {
    told,
    events: {
      lost: (count) => told.push(['lost', count]),
      setAside: (newPath, why) => told.push(['setAside', newPath, why]),
      failed: (operation, { failure }) => told.push(['failed', operation, failure]),
    },
  };
}
