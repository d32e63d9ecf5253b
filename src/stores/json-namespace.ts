import type { Clock } from '../base/clock.js';
import type { EngineEvents } from './engine.js';
import type { FileFacts, Files } from './files.js';
import { writeCheckpoint } from './json-checkpoint.js';
import { type JournalEntry, PARTS } from './json-format.js';
import { JsonJournal } from './json-journal.js';
import { loadNamespace } from './json-load.js';
import type { JsonPaths } from './json-paths.js';
import type { JsonRows } from './json-rows.js';
import { makeRow } from './row.js';
import type { Sequences } from './sequences.js';
import { setAside } from './set-aside.js';
import type { Change, ImpressionBounds } from './store.js';

export interface JsonNamespaceOptions {
  readonly files: Files;
  readonly paths: JsonPaths;
  readonly clock: Clock;
  readonly sequences: Sequences;
  readonly sync: 'normal' | 'full';
  readonly impressions?: ImpressionBounds;
  readonly events: EngineEvents;
  /** A journal is folded into a checkpoint once it is larger than this and than the checkpoint. */
  readonly journalBytes: number;
}

/** Work under way: a checkpoint, and where the journal was when it began. */
interface Checkpointing {
  readonly steps: Generator<void, number>;
  readonly entry: number;
  readonly journalBytes: number;
}

/**
 * A namespace whose files were read: its rows in memory, its journal, and the checkpoints made of them. The journal is
 * written before memory changes. What it throws comes from the file system, or is a `StorageError` (`newer`).
 */
export class JsonNamespace {
  readonly rows: JsonRows;
  private readonly journal: JsonJournal;
  private entry: number;
  private generation: number;
  /** What is wrong with the files and not yet set aside or told of. */
  private readonly damaged: string[];
  private missing: readonly string[];
  private isMended: boolean;
  private checkpointBytes: number;
  private checkpointing: Checkpointing | undefined;
  /** The checkpoint's files as they were last seen. */
  private checkpoint: readonly (FileFacts | undefined)[];

  /** Reads the files. Whatever is wrong with them waits for `repair`. */
  constructor(
    readonly name: string,
    private readonly options: JsonNamespaceOptions,
  ) {
    const { files, paths, sequences, sync } = options;
    const loaded = loadNamespace(files, paths, name);
    this.rows = loaded.rows;
    this.entry = loaded.entry;
    this.generation = loaded.generation;
    this.damaged = [...loaded.damaged];
    this.missing = loaded.missing;
    this.isMended = loaded.damaged.length === 0 && loaded.missing.length === 0;
    const path = paths.pathOf(name, 'journal');
    this.journal = new JsonJournal({ files, path, namespace: name, sync }, loaded.journal);
    this.checkpoint = this.lookUp();
    this.checkpointBytes = this.checkpoint.reduce((sum, file) => sum + (file?.bytes ?? 0), 0);
    sequences.passed(this.rows.summary().lastSequence);
  }

  /** Whether the files are to be written anew before anything is added to them. */
  get needsRepair(): boolean {
    return !this.isMended;
  }

  /** Whether there are entries that no checkpoint has. */
  get hasJournal(): boolean {
    return this.journal.bytes > 0;
  }

  get hasFiles(): boolean {
    return this.hasJournal || this.checkpoint.some((file) => file !== undefined);
  }

  /** Whether there is nothing of it, in memory or on the disk. */
  get isVoid(): boolean {
    return this.rows.isEmpty && !this.hasFiles && !this.needsRepair;
  }

  get wantsCheckpoint(): boolean {
    return this.journal.bytes > Math.max(this.options.journalBytes, this.checkpointBytes);
  }

  /** Whether the journal grows faster than checkpoints are made. */
  get isBehind(): boolean {
    return this.journal.bytes > 4 * Math.max(this.options.journalBytes, this.checkpointBytes);
  }

  /** Whether what lies there may differ from memory after a failure. */
  get isUncertain(): boolean {
    return this.journal.isBroken;
  }

  /** Whether the files are those that were read or written here; if not, someone else put others in their place. */
  isAsLeft(): boolean {
    return (
      this.journal.isAsLeft() &&
      this.lookUp().every((found, index) => found?.identity === this.checkpoint[index]?.identity)
    );
  }

  /** Sets damaged files aside, reports them, and writes what is whole anew. */
  repair(): void {
    const { files, clock, events } = this.options;
    while (this.damaged.length > 0) {
      const path = this.damaged[0]!;
      const newPath = setAside(files, path, clock.now());
      this.damaged.shift();
      events.quarantined(this.name, path, newPath);
    }
    for (const path of this.missing) events.quarantined(this.name, path, null);
    this.missing = [];
    this.cancelCheckpoint();
    while (!this.advance()) {}
    this.isMended = true;
  }

  /** One journal entry, with the impressions that have to make room; then memory follows. */
  commit(changes: readonly Change[]): void {
    const staged = changes.map(stage);
    if (this.isVoid && !staged.some((change) => 'put' in change)) return;
    const { impressions } = this.options;
    if (!impressions || !staged.some((change) => 'put' in change && change.put.kind === 'impression')) {
      this.write({ changes: staged });
      return;
    }
    const { namespaceBytes, namespaceCount = Number.POSITIVE_INFINITY } = impressions;
    this.write({ changes: staged }, (rows, bytes) => bytes > namespaceBytes || rows > namespaceCount);
  }

  /** Removes impressions, oldest first, while `isOver` says so of what would be left. */
  trim(isOver: (rows: number, bytes: number, oldest: number) => boolean): void {
    this.write({ changes: [] }, isOver);
  }

  /** Removes up to `limit` rows that expired by `now`; answers how many. */
  sweep(now: number, limit: number): number {
    const due = this.rows.takeDue(now, limit);
    if (due.length === 0) return 0;
    try {
      this.write({ changes: due.map(({ row: { kind, key } }) => ({ remove: { kind, key } })) });
    } catch (cause) {
      this.rows.keep(due);
      throw cause;
    }
    return due.length;
  }

  /** Removes every row. The files are left to `removeFiles`. */
  drop(): void {
    this.cancelCheckpoint();
    if (this.hasFiles) this.write({ changes: [], drop: true });
  }

  /** Of a namespace without rows. The journal, which says that nothing is left, goes last. */
  removeFiles(): void {
    const { files, paths } = this.options;
    this.drop();
    const others = paths.allOf(this.name);
    const journal = others.pop()!;
    for (const path of others) files.remove(path);
    const folders = paths.foldersOf(this.name);
    for (const folder of folders) files.syncFolder(folder);
    files.remove(journal);
    this.journal.removed();
    this.checkpoint = this.lookUp();
    this.checkpointBytes = 0;
  }

  /** One slice of a checkpoint, begun if need be; true = it is done, or there is nothing to write. */
  advance(): boolean {
    this.checkpointing ??= this.startCheckpoint();
    const { steps, entry, journalBytes } = this.checkpointing;
    try {
      const step = steps.next();
      if (!step.done) return false;
      this.checkpointBytes = step.value;
      this.checkpoint = this.lookUp();
      this.journal.startAnew(entry, journalBytes);
      this.checkpointing = undefined;
      return true;
    } catch (cause) {
      this.checkpointing = undefined;
      this.checkpoint = this.lookUp();
      throw cause;
    }
  }

  /** Gives up a checkpoint under way; what it wrote is passed over or replaced. */
  cancelCheckpoint(): void {
    this.checkpointing?.steps.return(0);
    this.checkpointing = undefined;
  }

  private startCheckpoint(): Checkpointing {
    const { files, paths } = this.options;
    this.generation += 1;
    const state = {
      namespace: this.name,
      generation: this.generation,
      entry: this.entry,
      rows: this.rows.snapshot(),
      summary: this.rows.summary(),
    };
    return {
      steps: writeCheckpoint(files, paths, state),
      entry: this.entry,
      journalBytes: this.journal.bytes,
    };
  }

  private write(
    what: Pick<JournalEntry, 'changes' | 'drop'>,
    isOver?: (rows: number, bytes: number, oldest: number) => boolean,
  ): void {
    const sequence = this.options.sequences.take(what.changes.length);
    let entry: JournalEntry = { number: this.entry + 1, sequence, ...what };
    const trim = isOver && this.rows.overdue(entry, isOver);
    if (trim !== undefined) entry = { ...entry, trim };
    else if (isOver && what.changes.length === 0) return;
    this.journal.append(entry);
    this.entry = entry.number;
    this.rows.apply(entry);
  }

  private lookUp(): (FileFacts | undefined)[] {
    const { files, paths } = this.options;
    return PARTS.map((part) => files.facts(paths.pathOf(this.name, part)));
  }
}

/** A copy that nobody else changes, made before anything is written. */
function stage(change: Change): Change {
  if (!('put' in change)) return { remove: { kind: change.remove.kind, key: change.remove.key } };
  const { kind, key, value, group, expiresAt } = change.put;
  return { put: makeRow(kind, key, value, group, expiresAt) };
}
