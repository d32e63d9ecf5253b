import { crc32 } from 'node:zlib';

/**
 * Files as lists of records that each prove themselves: `["<crc32>",<bytes of the JSON>,<JSON>]`. The sum starts from a
 * seed that stands for whose file it is, so a record of another file is none here. Whatever happens to a file, a byte
 * that was changed costs at most the record it is in: reading goes on at the next one that proves itself. Text within
 * records cannot pass for a record, since quotes in JSON strings are escaped.
 */
const OPENING = '["';
/** `["`, eight hex digits, `",`. */
const LENGTH_AT = 12;
const MAX_LENGTH_DIGITS = 10;
const COMMA = 0x2c;
const CLOSING = 0x5d;
const LINE_BREAK = 0x0a;
/** JSON has no bytes below it: there they are escaped. */
const LEAST_BYTE = 0x20;
/** What stands before the JSON of a record; the length ends with a comma, or with the file. */
const HEAD = /^\["([0-9a-f]{8})",([1-9]\d{0,9})(,|$)/;
/** A head that is cut off is the head of a record once it is filled up with this. */
const ANY_HEAD = '["00000000",1';

/** What stands around records in a file that is whole. */
export interface Frame {
  readonly before: string;
  readonly between: string;
  readonly after: string;
}

/** A checkpoint: one JSON array, a record a line. */
export const ARRAY_FRAME: Frame = { before: '[\n', between: ',\n', after: '\n]\n' };
/** A journal: a record a line, for one more can be put behind. */
export const LINES_FRAME: Frame = { before: '', between: '\n', after: '\n' };

/** Where a file's sums start. */
export function recordSeed(namespace: string, part: string): number {
  return crc32(JSON.stringify([part, namespace]));
}

/** One record, without what stands between records. */
export function encodeRecord(json: string, seed: number): Buffer {
  const bytes = Buffer.from(json);
  return Buffer.concat([Buffer.from(`["${sumOf(bytes, seed)}",${bytes.length},`), bytes, Buffer.from(']')]);
}

/**
 * Hands over the JSON of every record that proves itself, in order. Answers whether the file is whole: nothing but
 * records and what belongs around them. That the last records are there has to be told from the records.
 */
export function readRecords(file: Buffer, seed: number, frame: Frame, use: (json: string) => void): boolean {
  let isWhole = true;
  let count = 0;
  let end = 0;
  for (let at = file.indexOf(OPENING); at !== -1; ) {
    const record = recordAt(file, at, seed);
    if (record === undefined) {
      at = file.indexOf(OPENING, at + 1);
      continue;
    }
    const expected = count === 0 ? frame.before : frame.between;
    isWhole &&= record.isClosed && isText(file.subarray(end, at), expected);
    use(file.toString('utf8', record.start, record.end));
    count += 1;
    end = record.end + 1;
    at = file.indexOf(OPENING, end);
  }
  return isWhole && isText(file.subarray(end), frame.after);
}

/**
 * How many bytes at the end of a file of lines are the beginning of a record whose writing was never finished: a process
 * that is killed leaves as much of its last `write` as the system took. 0 = the last line is finished, or what follows it
 * is no such beginning. Of what is before nothing is said.
 */
export function unfinishedBytes(file: Buffer, seed: number): number {
  const tail = file.subarray(file.lastIndexOf(LINE_BREAK) + 1);
  return isBeginning(tail, seed) ? tail.length : 0;
}

function isBeginning(tail: Buffer, seed: number): boolean {
  if (tail.some((byte) => byte < LEAST_BYTE)) return false;
  const start = tail.toString('latin1', 0, LENGTH_AT + MAX_LENGTH_DIGITS + 1);
  const head = HEAD.exec(start + ANY_HEAD.slice(start.length));
  if (!head) return false;
  const at = head[0].length;
  const end = at + Number(head[2]);
  if (tail.length < end) return true;
  // All of its JSON is there; what it lacks is the bracket, or the line break alone.
  const isClosing = tail.length === end || (tail.length === end + 1 && tail[end] === CLOSING);
  return isClosing && head[1] === sumOf(tail.subarray(at, end), seed);
}

function isText(bytes: Buffer, text: string): boolean {
  return bytes.length === text.length && bytes.toString('latin1') === text;
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly isClosed: boolean;
}

function recordAt(file: Buffer, at: number, seed: number): Found | undefined {
  let length = 0;
  let start = at + LENGTH_AT;
  for (const most = start + MAX_LENGTH_DIGITS; start < most; start += 1) {
    const digit = file[start]! - 0x30;
    if (!(digit >= 0 && digit <= 9)) break;
    length = length * 10 + digit;
  }
  if (file[start] !== COMMA) return undefined;
  start += 1;
  const end = start + length;
  if (end > file.length || length === 0) return undefined;
  const sum = file.toString('latin1', at + 2, at + 10);
  if (sum !== sumOf(file.subarray(start, end), seed)) return undefined;
  return {
    start,
    end,
    isClosed: file[end] === CLOSING && file.toString('latin1', at + 10, at + 12) === '",',
  };
}

function sumOf(bytes: Uint8Array, seed: number): string {
  return crc32(bytes, seed).toString(16).padStart(8, '0');
}
