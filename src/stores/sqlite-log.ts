import { closeSync, fstatSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
/** Big-endian in the file; the lowest bit says in which order checksums take bytes. */
const MAGIC = 0x377f0682;
const VERSION = 3_007_000;
const OUR_PAGE_BYTES = 4096;
/** Looks at a log in which something seems wrong: a process that writes it meanwhile may have caused that. */
const LOOKS = 4;

type Sum = readonly [number, number];

/** What there is in a write-ahead log, told without SQLite. */
export interface LogState {
  /** SQLite would stop at a frame, or at the header, although transactions that were acknowledged come behind it. */
  readonly isDamaged: boolean;
  readonly pageBytes: number;
  /** Numbers, from 0, of the frames up to the last commit that prove themselves by their checksum. */
  readonly frames: readonly number[];
  /** Length of the database after the last commit. */
  readonly pages: number;
}

interface Frame {
  readonly number: number;
  readonly page: number;
  /** Pages of the database after the transaction that ends here; 0 = it goes on. */
  readonly commit: number;
  readonly salts: string;
  readonly stored: Sum;
  readonly bytes: DataView;
}

interface Header {
  readonly isWhole: boolean;
  readonly pageBytes: number;
  readonly isBigEndian: boolean;
  readonly salts: string;
  /** What the first frame's checksum may go on from. */
  readonly seeds: readonly Sum[];
}

/**
 * Looks through the log of the database at `path` (https://www.sqlite.org/fileformat2.html, section 4); undefined where
 * there is none. SQLite ends at the first frame whose checksum does not follow from the one before, and drops the rest
 * without a word. Where no commit of the same salts comes behind it that is what a crash leaves; otherwise it is damage.
 * Changes nothing; may be used while another process writes. Throws what the file system throws. Cost: one reading of
 * the log in sequence, 16 ms for the 4 MiB that it usually is at most.
 */
export function inspectLog(path: string): LogState | undefined {
  const log = `${path}-wal`;
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) === 0) return undefined;
  const file = openSync(log, 'r');
  try {
    let [state, mark] = scan(file, path);
    for (let look = 1; look < LOOKS && state.isDamaged; look += 1) {
      const [again, markAgain] = scan(file, path);
      if (markAgain === mark) return again;
      [state, mark] = [again, markAgain];
    }
    return state;
  } finally {
    closeSync(file);
  }
}

/** Puts the frames that prove themselves into `target`, a copy of the database or an empty file. */
export function applyLog(path: string, { frames, pageBytes, pages }: LogState, target: string): void {
  const log = openSync(`${path}-wal`, 'r');
  const database = openSync(target, 'r+');
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + pageBytes);
  try {
    for (const number of frames) {
      readSync(log, frame, 0, frame.length, HEADER_BYTES + number * frame.length);
      writeSync(database, frame, FRAME_HEADER_BYTES, pageBytes, (frame.readUInt32BE(0) - 1) * pageBytes);
    }
    const bytes = pages * pageBytes;
    if (fstatSync(database).size < bytes) ftruncateSync(database, bytes);
  } finally {
    closeSync(database);
    closeSync(log);
  }
}

/** The state, and what must be the same at a second look for damage to be no writer's work. */
function scan(file: number, path: string): [LogState, string] {
  const header = readHeader(file, path);
  const frames: number[] = [];
  let failedAt: number | undefined;
  let isCommitBehind = false;
  let isAnything = false;
  let proven: number[] = [];
  let pages = 0;
  let before: { isOurs: boolean; stored: readonly Sum[]; number: number } | undefined;
  for (const frame of framesOf(file, header.pageBytes)) {
    const seeds = before?.stored ?? header.seeds;
    const sums = seeds.map((seed) => sumOf(frame.bytes, seed, header.isBigEndian));
    const follows = sums.findIndex((sum) => isSame(sum, frame.stored));
    const hasSalts = frame.salts === header.salts && frame.page > 0;
    const isOurs = hasSalts || (follows >= 0 && frame.page > 0 && (before?.isOurs ?? true));
    isAnything ||= frame.page > 0;
    if (failedAt === undefined && !(hasSalts && follows === 0 && header.isWhole)) failedAt = frame.number;
    if (isOurs && follows >= 0) {
      // The frame before had nothing wrong but its own checksum.
      if (follows > 0 && before?.isOurs) proven.push(before.number);
      proven.push(frame.number);
      if (frame.commit > 0) {
        frames.push(...proven);
        proven = [];
        pages = frame.commit;
      }
    }
    isCommitBehind ||= isOurs && frame.commit > 0 && failedAt !== undefined && frame.number > failedAt;
    const stored = follows >= 0 ? [frame.stored] : [frame.stored, sums[0]!];
    before = { isOurs, stored, number: frame.number };
  }
  const isDamaged = header.isWhole ? isCommitBehind : isAnything;
  const mark = JSON.stringify([header, failedAt]);
  return [{ isDamaged, frames, pages, pageBytes: header.pageBytes }, mark];
}

function readHeader(file: number, path: string): Header {
  const bytes = new DataView(new ArrayBuffer(HEADER_BYTES));
  readSync(file, bytes, 0, HEADER_BYTES, 0);
  const magic = bytes.getUint32(0);
  const isBigEndian = magic === MAGIC + 1;
  const pageBytes = bytes.getUint32(8);
  const stored: Sum = [bytes.getUint32(24), bytes.getUint32(28)];
  const computed = sum(bytes, 0, 24, [0, 0], isBigEndian);
  const isOurs = (magic === MAGIC || isBigEndian) && bytes.getUint32(4) === VERSION;
  const salts = saltsAt(bytes, 16);
  if (isOurs && isPageSize(pageBytes) && isSame(stored, computed))
    return { isWhole: true, pageBytes, isBigEndian, salts, seeds: [stored] };
  // Frames that follow from one another tell what the header should.
  const sizes = [pageBytes, pageBytesOf(path), OUR_PAGE_BYTES].filter(isPageSize);
  for (const size of sizes) {
    for (const order of [isBigEndian, !isBigEndian]) {
      const found = saltsOfPair(file, size, order);
      if (found === undefined) continue;
      const seeds = [stored, sum(bytes, 0, 24, [0, 0], order)];
      return { isWhole: false, pageBytes: size, isBigEndian: order, salts: found, seeds };
    }
  }
  return { isWhole: false, pageBytes: sizes[0]!, isBigEndian, salts, seeds: [stored, computed] };
}

/** Salts of the first two frames of which the second follows from the first. */
function saltsOfPair(file: number, pageBytes: number, isBigEndian: boolean): string | undefined {
  let before: Pick<Frame, 'salts' | 'stored'> | undefined;
  for (const { salts, stored, bytes } of framesOf(file, pageBytes)) {
    if (before?.salts === salts && isSame(sumOf(bytes, before.stored, isBigEndian), stored)) return salts;
    before = { salts, stored };
  }
  return undefined;
}

/** Those that are there in full. The bytes are good until the next one. */
function* framesOf(file: number, pageBytes: number): Generator<Frame> {
  const bytes = new DataView(new ArrayBuffer(FRAME_HEADER_BYTES + pageBytes));
  const length = bytes.byteLength;
  for (let number = 0; ; number += 1) {
    if (readSync(file, bytes, 0, length, HEADER_BYTES + number * length) < length) return;
    yield {
      number,
      page: bytes.getUint32(0),
      commit: bytes.getUint32(4),
      salts: saltsAt(bytes, 8),
      stored: [bytes.getUint32(16), bytes.getUint32(20)],
      bytes,
    };
  }
}

/** A frame's checksum covers its page's number, the length after a commit, and the page. */
function sumOf(frame: DataView, seed: Sum, isBigEndian: boolean): Sum {
  const start = sum(frame, 0, 8, seed, isBigEndian);
  return sum(frame, FRAME_HEADER_BYTES, frame.byteLength, start, isBigEndian);
}

function sum(bytes: DataView, from: number, to: number, seed: Sum, isBigEndian: boolean): Sum {
  let [first, second] = seed;
  for (let at = from; at < to; at += 8) {
    first = (first + bytes.getUint32(at, !isBigEndian) + second) >>> 0;
    second = (second + bytes.getUint32(at + 4, !isBigEndian) + first) >>> 0;
  }
  return [first, second];
}

function isSame(left: Sum, right: Sum): boolean {
  return left[0] === right[0] && left[1] === right[1];
}

function saltsAt(bytes: DataView, at: number): string {
  return `${bytes.getUint32(at)} ${bytes.getUint32(at + 4)}`;
}

function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}

/** As the database's own header has it; 0 where it cannot be read. */
function pageBytesOf(path: string): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) < 18) return 0;
  const bytes = Buffer.alloc(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, bytes, 0, 2, 16);
  } finally {
    closeSync(file);
  }
  return bytes.readUInt16BE(0) === 1 ? 65_536 : bytes.readUInt16BE(0);
}
