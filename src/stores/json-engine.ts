import type { Clock } from '../base/clock.js';
import { OF_THE_DISK, storageError } from './disk-failure.js';
import type { EngineEvents, StoreEngine } from './engine.js';
import { diskFiles, type Files } from './files.js';
import { FolderOwner } from './folder-owner.js';
import { ImpressionTrim } from './impression-trim.js';
import { JsonChores } from './json-chores.js';
import { JsonNamespaces } from './json-namespaces.js';
import { JsonPaths, type JsonTemplates } from './json-paths.js';
import type { FolderLock } from './lock.js';
import type { OldestImpression } from './namespace-summaries.js';
import { probeFolder } from './probe-folder.js';
import { totalOf } from './row.js';
import { Sequences } from './sequences.js';
import { listShared } from './set-aside.js';
import {
  type Change,
  type ErasedState,
  type ImpressionBounds,
  type Kind,
  type Row,
  type RowPage,
  STATE_KINDS,
  StorageError,
  type StoreUsage,
  type SweepResult,
} from './store.js';

export interface JsonEngineOptions {
  /** `STORAGE_DIR`. */
  readonly folder: string;
  /** Checked by `checkTemplates`. */
  readonly templates: JsonTemplates;
  readonly clock: Clock;
  /** `normal` survives the end of the process, `full` also power loss. Default `normal`. */
  readonly sync?: 'normal' | 'full';
  readonly impressions?: ImpressionBounds;
  /** Held before anything is written; absent = the caller sees to it that no one else writes. */
  readonly lock?: FolderLock;
  readonly events: EngineEvents;
  readonly files?: Files;
  /** Most namespaces in memory; default 256. */
  readonly maxOpen?: number;
  /** Most bytes of values in memory; default 256 MiB. */
  readonly maxOpenBytes?: number;
  /** Least size of a journal that is folded into a checkpoint; default 1 MiB. */
  readonly journalBytes?: number;
}

/** Time for looking into namespaces at `open`, and within a sweep or before impressions go. */
const OPEN_LEARNING_MS = 100;
const LEARNING_MS = 4;
/** A sweep begins on a further namespace for so long. */
const SWEEP_MS = 8;
/** Time for checkpoints at `close`; what is in journals by then stays there. */
const CLOSING_MS = 3_000;

/**
 * The store contract on JSON files by template: three for each namespace, and a journal that is written before a commit
 * counts. Rows of the namespaces in use are in memory. Every method throws `StorageError`, and works again once the
 * cause is gone; of one namespace's damage or newer format the others hear nothing.
 */
export class JsonEngine implements StoreEngine {
  private readonly owner: FolderOwner;
  private readonly all: JsonNamespaces;
  private readonly chores: JsonChores;
  private readonly impressions: ImpressionTrim;
  private isWriteFailing = false;
  private closed = false;

  constructor(private readonly options: JsonEngineOptions) {
    const { folder, templates, clock, sync = 'normal', impressions, events, files = diskFiles() } = options;
    const { maxOpen = 256, maxOpenBytes = 256 * 1024 * 1024, journalBytes = 1024 * 1024 } = options;
    this.all = new JsonNamespaces(
      {
        files,
        clock,
        events,
        sync,
        journalBytes,
        paths: new JsonPaths(templates, folder),
        sequences: new Sequences(clock),
        ...(impressions ? { impressions } : {}),
      },
      () => this.owner,
      { count: maxOpen, bytes: maxOpenBytes },
      (namespace) => this.chores.used(namespace),
    );
    this.owner = new FolderOwner(folder, clock, files, options.lock, () => this.all.forgetAll());
    const most = impressions?.totalBytes ?? Number.POSITIVE_INFINITY;
    this.impressions = new ImpressionTrim(this.all.summaries, most, (oldest) => this.trim(oldest));
    this.chores = new JsonChores(clock, this.all, this.owner);
  }

  open(): StorageError | undefined {
    try {
      this.run(() => {
        this.owner.own();
        this.all.list();
        this.chores.learn(OPEN_LEARNING_MS);
      });
      return undefined;
    } catch (cause) {
      const error = cause as StorageError;
      if (error.failure === 'locked') throw error;
      this.isWriteFailing = true;
      return error;
    }
  }

  namespaces(): string[] {
    return this.run(() => {
      this.all.list();
      while (this.all.learnNext()) {}
      return this.all.summaries.names();
    });
  }

  load(namespace: string): Row[] {
    return this.run(() => this.all.read(namespace).rows.load(STATE_KINDS));
  }

  get(namespace: string, kind: Kind, key: string): Row | undefined {
    return this.run(() => this.all.read(namespace).rows.get(kind, key));
  }

  find(namespace: string, kind: Kind, group: string, limit: number): Row[] {
    return this.run(() => this.all.read(namespace).rows.find(kind, group, limit));
  }

  scan(namespace: string, cursor: number, limit: number): RowPage {
    return this.run(() => this.all.read(namespace).rows.scan(cursor, limit));
  }

  usage(namespace: string): StoreUsage {
    return this.run(() => this.all.read(namespace).rows.usage());
  }

  commit(namespace: string, changes: readonly Change[]): void {
    this.write(() => {
      if (changes.length === 0) return;
      this.all.change(namespace, (held) => held.commit(changes));
      if (!changes.some((change) => 'put' in change && change.put.kind === 'impression')) return;
      this.chores.learn(LEARNING_MS);
      this.impressions.after(namespace);
    }, namespace);
  }

  drop(namespace: string): void {
    this.write(() => {
      this.all.change(namespace, (held) => held.drop());
      this.chores.finishOne(namespace);
    }, namespace);
  }

  /** What cannot be read goes uncounted. */
  erase(namespace: string): ErasedState {
    return this.write(() => {
      let removed = { rows: 0, bytes: 0 };
      try {
        removed = totalOf(this.all.read(namespace).rows.usage());
      } catch {
        // Of a newer format, or on a disk that fails: then removing it tells.
      }
      const removedFiles = this.all.erase(namespace);
      this.chores.done(namespace);
      const { folder, files = diskFiles() } = this.options;
      return { ...removed, files: removedFiles, left: listShared(files, folder) };
    }, namespace);
  }

  release(namespace: string): void {
    this.run(() => this.chores.release(namespace));
  }

  sweep(now: number, limit: number): SweepResult {
    return this.write(() => {
      if (this.isWriteFailing || this.chores.failure !== undefined) {
        this.owner.own();
        probeFolder(this.options.folder);
      }
      this.all.list();
      const isAllKnown = this.chores.learn(LEARNING_MS);
      const { removed, more } = this.sweepKnown(now, limit);
      return { removed, more: more || !isAllKnown };
    });
  }

  idle(): boolean {
    return !this.closed && this.chores.slice();
  }

  close(): void {
    if (this.closed) return;
    this.chores.finish(CLOSING_MS);
    this.closed = true;
    this.owner.release();
  }

  /** One namespace that fails does not keep the others from being swept; it is told where nothing else was. */
  private sweepKnown(now: number, limit: number): SweepResult {
    const { clock } = this.options;
    const until = clock.now() + SWEEP_MS;
    let failure = this.chores.failure;
    let removed = 0;
    for (const name of this.all.summaries.due(now)) {
      if (removed >= limit || clock.now() > until) return { removed, more: true };
      try {
        removed += this.all.change(name, (held) => held.sweep(now, limit - removed));
      } catch (cause) {
        failure ??= cause;
      }
    }
    if (removed === 0 && failure !== undefined) throw failure;
    return { removed, more: removed >= limit };
  }

  private trim({ name, others }: OldestImpression): void {
    const { totalBytes = Number.POSITIVE_INFINITY } = this.options.impressions ?? {};
    const { summaries } = this.all;
    const elsewhere = summaries.impressionBytes - summaries.get(name)!.impressionBytes;
    this.all.change(name, (held) =>
      held.trim((_rows, bytes, oldest) => elsewhere + bytes > totalBytes && oldest <= others),
    );
  }

  /** `namespace`: whose files alone are written. */
  private write<T>(work: () => T, namespace?: string): T {
    try {
      const result = this.run(work);
      this.isWriteFailing = false;
      if (namespace !== undefined) this.chores.worked(namespace);
      return result;
    } catch (cause) {
      this.isWriteFailing = true;
      const isOfTheDisk = OF_THE_DISK.has((cause as StorageError).failure);
      if (namespace !== undefined && isOfTheDisk) this.chores.failed(namespace, cause);
      throw cause;
    }
  }

  private run<T>(work: () => T): T {
    if (this.closed) throw new StorageError('closed', 'the store is closed');
    try {
      return work();
    } catch (cause) {
      throw storageError(cause, (cause as { path?: string } | null)?.path ?? this.options.folder);
    }
  }
}
