import { dirname } from 'node:path';
import type { FileFacts, Files } from './files.js';
import { makeFolder, writeAll } from './json-checkpoint.js';
import { encodeEntry, encodeHeader, type JournalEntry, JSON_FORMAT } from './json-format.js';
import { NEXT } from './json-paths.js';
import { encodeRecord, LINES_FRAME, recordSeed } from './records.js';

export interface JournalOptions {
  readonly files: Files;
  readonly path: string;
  readonly namespace: string;
  /** `full`: an entry is on the disk before it counts. */
  readonly sync: 'normal' | 'full';
}

/** A journal as it lies there. */
export interface JournalFacts extends FileFacts {
  /** So many of its bytes count. Behind them is what was never finished: it is cut off before anything is put there. */
  readonly kept: number;
}

/**
 * The journal of one namespace: one entry a commit, put behind the others. No file is held open between calls. What it
 * throws comes from the file system; after an entry that failed the file is as before, less what was never finished in it, or `isBroken`.
 */
export class JsonJournal {
  private readonly seed: number;
  private broken = false;
  /** Whether the folder is known to have its name on the disk: a process before this one may have been stopped before that. */
  private isNamed = false;

  constructor(
    private readonly options: JournalOptions,
    private known: JournalFacts | undefined,
  ) {
    this.seed = recordSeed(options.namespace, 'journal');
  }

  /** Of what counts. */
  get bytes(): number {
    return this.known?.kept ?? 0;
  }

  /** Whether what lies there may be another thing than is known here: it has to be read again. */
  get isBroken(): boolean {
    return this.broken;
  }

  /** Whether it lies there as it was left; if not, someone else moved or changed it. */
  isAsLeft(): boolean {
    const { files, path } = this.options;
    const found = files.facts(path);
    return found?.identity === this.known?.identity && found?.bytes === this.known?.bytes;
  }

  append(entry: JournalEntry): void {
    const { files, path } = this.options;
    if (!this.known) makeFolder(files, dirname(path));
    const before = this.bytes;
    const bytes = Buffer.concat([
      ...(before === 0 ? [this.header(entry.number - 1)] : []),
      this.record(encodeEntry(entry)),
    ]);
    const handle = files.open(path, 'append');
    try {
      this.cutUnfinished(handle);
      this.put(handle, bytes);
    } finally {
      this.close(handle);
    }
  }

  /** Forgets what a checkpoint covers: entries up to `entry`, which end at `bytes`. */
  startAnew(entry: number, bytes: number): void {
    const { files, path } = this.options;
    if (!this.known) return;
    if (this.bytes === bytes) {
      files.remove(path);
      this.removed();
      return;
    }
    const later = files.read(path)!.subarray(bytes);
    const content = Buffer.concat([this.header(entry), later]);
    const handle = files.open(path + NEXT, 'write');
    try {
      writeAll(files, handle, content);
      files.sync(handle);
    } finally {
      files.close(handle);
    }
    files.rename(path + NEXT, path);
    this.broken = true;
    files.syncFolder(dirname(path));
    this.known = this.factsOf(path);
    this.broken = false;
  }

  /** Its file is gone, for good reasons. */
  removed(): void {
    this.known = undefined;
    this.isNamed = false;
  }

  private put(handle: number, bytes: Uint8Array): void {
    const { files, path, sync } = this.options;
    const before = this.bytes;
    try {
      writeAll(files, handle, bytes);
      if (sync === 'full') files.sync(handle);
      if (sync === 'full' && !this.isNamed) files.syncFolder(dirname(path));
      this.known ??= this.factsOf(path);
      this.isNamed = true;
    } catch (cause) {
      this.cutBack(handle, before);
      throw cause;
    }
    const after = before + bytes.length;
    this.known = { ...this.known, bytes: after, kept: after };
  }

  /** Where that fails the file is as it was, and the next entry tries again. */
  private cutUnfinished(handle: number): void {
    const { known } = this;
    if (!known || known.bytes === known.kept) return;
    this.options.files.truncate(handle, known.kept);
    this.known = { ...known, bytes: known.kept };
  }

  private factsOf(path: string): JournalFacts {
    const facts = this.options.files.facts(path);
    if (!facts) throw Object.assign(new Error(`${path} vanished`), { code: 'EIO' });
    return { ...facts, kept: facts.bytes };
  }

  private header(entry: number): Buffer {
    const { namespace } = this.options;
    return this.record(
      encodeHeader({ format: JSON_FORMAT, namespace, part: 'journal', generation: 0, entry }),
    );
  }

  private record(json: string): Buffer {
    return Buffer.concat([encodeRecord(json, this.seed), Buffer.from(LINES_FRAME.after)]);
  }

  /** After a failed flush nobody knows what the disk has, so the file is read again even where it could be cut. */
  private cutBack(handle: number, bytes: number): void {
    const { files, path, sync } = this.options;
    this.broken = sync === 'full';
    try {
      files.truncate(handle, bytes);
      this.known ??= this.factsOf(path);
    } catch {
      this.broken = true;
    }
  }

  /** What the entry is about has happened by then; a failure here would be told as if it had not. */
  private close(handle: number): void {
    try {
      this.options.files.close(handle);
    } catch {
      this.broken = true;
    }
  }
}
