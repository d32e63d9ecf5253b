import { dirname } from 'node:path';
import type { Files } from './files.js';
import {
  encodeFooter,
  encodeHeader,
  encodeRow,
  JSON_FORMAT,
  PARTS,
  type Part,
  type PlacedRow,
  partOf,
  type Summary,
} from './json-format.js';
import { type JsonPaths, NEXT } from './json-paths.js';
import { ARRAY_FRAME, encodeRecord, recordSeed } from './records.js';

/** Serialised and written at a time; some milliseconds of work. */
const SLICE_BYTES = 512 * 1024;
/** Written between two waits for the disk, so that the last one is no long one. */
const SYNC_BYTES = 4 * 1024 * 1024;

/** The state that a checkpoint writes down; it does not change meanwhile. */
export interface CheckpointState {
  readonly namespace: string;
  readonly generation: number;
  /** The last journal entry that is in the rows. */
  readonly entry: number;
  readonly rows: readonly PlacedRow[];
  readonly summary: Summary;
}

/**
 * Writes a checkpoint, a slice at each step: the three parts beside their places, flushed to disk, then moved into them
 * one by one. Whatever comes between, the files of the generation before or of this one are whole, and with the journal,
 * which stays as it is, tell the same. Returns the bytes written. Throws what the file system throws; what was written
 * by then is removed again where it can be.
 */
export function* writeCheckpoint(
  files: Files,
  paths: JsonPaths,
  state: CheckpointState,
): Generator<void, number> {
  const { namespace } = state;
  for (const folder of paths.foldersOf(namespace)) makeFolder(files, folder);
  let bytes = 0;
  try {
    for (const part of PARTS)
      bytes += yield* writePart(files, paths.pathOf(namespace, part) + NEXT, part, state);
  } catch (cause) {
    removeDrafts(files, paths, namespace);
    throw cause;
  }
  for (const part of PARTS) {
    const path = paths.pathOf(namespace, part);
    files.rename(path + NEXT, path);
  }
  for (const folder of paths.foldersOf(namespace)) files.syncFolder(folder);
  return bytes;
}

function* writePart(
  files: Files,
  path: string,
  part: Part,
  { namespace, generation, entry, rows, summary }: CheckpointState,
): Generator<void, number> {
  const handle = files.open(path, 'write');
  try {
    const output = new Output(files, handle, recordSeed(namespace, part));
    output.add(encodeHeader({ format: JSON_FORMAT, namespace, part, generation, entry, summary }));
    let count = 0;
    for (const placed of rows) {
      if (partOf(placed.row.kind) !== part) continue;
      output.add(encodeRow(placed));
      count += 1;
      if (output.isFull) {
        output.flush();
        yield;
      }
    }
    output.add(encodeFooter({ rows: count, generation, entry }));
    output.end();
    yield;
    return output.written;
  } finally {
    files.close(handle);
  }
}

/** Collects records and writes them in large pieces. */
class Output {
  written = 0;
  private pieces: Buffer[] = [Buffer.from(ARRAY_FRAME.before)];
  private waiting = 0;
  private unsynced = 0;
  private isFirst = true;

  constructor(
    private readonly files: Files,
    private readonly handle: number,
    private readonly seed: number,
  ) {}

  get isFull(): boolean {
    return this.waiting >= SLICE_BYTES;
  }

  add(json: string): void {
    if (!this.isFirst) this.pieces.push(Buffer.from(ARRAY_FRAME.between));
    this.isFirst = false;
    const record = encodeRecord(json, this.seed);
    this.pieces.push(record);
    this.waiting += record.length;
  }

  flush(): void {
    const bytes = Buffer.concat(this.pieces);
    this.pieces = [];
    this.waiting = 0;
    writeAll(this.files, this.handle, bytes);
    this.written += bytes.length;
    this.unsynced += bytes.length;
    if (this.unsynced >= SYNC_BYTES) this.sync();
  }

  end(): void {
    this.pieces.push(Buffer.from(ARRAY_FRAME.after));
    this.flush();
    if (this.unsynced > 0) this.sync();
  }

  private sync(): void {
    this.files.sync(this.handle);
    this.unsynced = 0;
  }
}

/** Makes a folder that lasts, with those above it. */
export function makeFolder(files: Files, folder: string): void {
  if (files.facts(folder)) return;
  makeFolder(files, dirname(folder));
  files.makeFolder(folder);
  files.syncFolder(dirname(folder));
}

/** Writes all of it, in as many pieces as the file system takes. Throws `ENOSPC` when it takes nothing any more. */
export function writeAll(files: Files, handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const taken = files.write(handle, bytes.subarray(at));
    if (taken <= 0) throw Object.assign(new Error('nothing more was written'), { code: 'ENOSPC' });
    at += taken;
  }
}

/** Room for others on a full disk; a draft that stays harms nobody. */
function removeDrafts(files: Files, paths: JsonPaths, namespace: string): void {
  for (const part of PARTS) {
    try {
      files.remove(paths.pathOf(namespace, part) + NEXT);
    } catch {
      return;
    }
  }
}
