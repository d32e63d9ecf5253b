import type { NamespaceSummary } from './namespace-summaries.js';
import { FIELDS, type Packed, packChanges, packRow, unpackChanges, unpackRow } from './packed-rows.js';
import { ARRAY_FRAME, type Frame, LINES_FRAME } from './records.js';
import { type Change, type Kind, type Row, StorageError } from './store.js';

/** Format of the files; a file of a higher one is left alone. */
export const JSON_FORMAT = 1;

/** The files of a checkpoint, each with the kinds of rows it holds. */
export const PARTS = ['narrative', 'pheromones', 'index'] as const;
export type Part = (typeof PARTS)[number];
export type FilePart = Part | 'journal';

const PART_OF: Readonly<Record<Kind, Part>> = {
  meta: 'narrative',
  document: 'pheromones',
  used: 'pheromones',
  allowance: 'pheromones',
  impression: 'pheromones',
  cell: 'index',
  frequencies: 'index',
};

export function partOf(kind: Kind): Part {
  return PART_OF[kind];
}

export function frameOf(part: FilePart): Frame {
  return part === 'journal' ? LINES_FRAME : ARRAY_FRAME;
}

/** What is known of a namespace without reading its rows. */
export interface Summary extends NamespaceSummary {
  /** Of all its rows. */
  readonly lastSequence: number;
}

/** The first record of every file. */
export interface Header {
  readonly format: number;
  readonly namespace: string;
  readonly part: FilePart;
  /** Counts the checkpoints of the namespace; 0 in a journal. */
  readonly generation: number;
  /** The last journal entry before this file: covered by the checkpoint, or not in this journal. */
  readonly entry: number;
  readonly summary?: Summary;
}

/** The last record of a checkpoint's file: without it the file was cut off. */
export interface Footer {
  readonly rows: number;
  readonly generation: number;
  readonly entry: number;
}

/** A row with its place in the order of puts. */
export interface PlacedRow {
  readonly row: Row;
  readonly sequence: number;
}

/** One entry of a journal: one commit. */
export interface JournalEntry {
  readonly number: number;
  /** Of the first change; those after it follow one by one. */
  readonly sequence: number;
  readonly changes: readonly Change[];
  /** Then impressions up to this sequence go; absent = none. */
  readonly trim?: number;
  /** All there was before goes first. */
  readonly drop?: boolean;
}

export type FileRecord =
  | { readonly header: Header }
  | { readonly footer: Footer }
  | { readonly placed: PlacedRow }
  | { readonly entry: JournalEntry };

export function encodeHeader({ summary, ...header }: Header): string {
  return JSON.stringify({ header: { ...header, ...(summary ? { summary: encodeSummary(summary) } : {}) } });
}

export function encodeFooter(footer: Footer): string {
  return JSON.stringify({ footer });
}

export function encodeRow({ row, sequence }: PlacedRow): string {
  return JSON.stringify([...packRow(row), sequence]);
}

export function encodeEntry({ number, sequence, changes, trim, drop }: JournalEntry): string {
  return JSON.stringify({ entry: number, sequence, changes: packChanges(changes), trim, drop });
}

/** Of a record that proved itself. Throws `StorageError` (`newer`) for a header of a higher format. */
export function decodeRecord(json: string): FileRecord {
  const value = JSON.parse(json);
  if (Array.isArray(value)) return { placed: placedRow(value as Packed) };
  if (value.footer) return { footer: value.footer };
  if (!value.header) return { entry: journalEntry(value) };
  const { summary, ...header } = value.header;
  if (header.format > JSON_FORMAT) {
    const message = `a file of ${header.part} has format ${header.format}, this version reads up to ${JSON_FORMAT}`;
    throw new StorageError('newer', message);
  }
  return { header: { ...header, ...(summary ? { summary: decodeSummary(summary) } : {}) } };
}

function placedRow(packed: Packed): PlacedRow {
  return { row: unpackRow(packed), sequence: packed[FIELDS] as number };
}

function journalEntry(value: {
  entry: number;
  sequence: number;
  changes: Packed;
  trim?: number;
  drop?: boolean;
}): JournalEntry {
  const { entry: number, sequence, changes, trim, drop } = value;
  return {
    number,
    sequence,
    changes: unpackChanges(changes),
    ...(trim === undefined ? {} : { trim }),
    ...(drop === undefined ? {} : { drop }),
  };
}

/** JSON knows no Infinity: null. */
function encodeSummary(summary: Summary): object {
  return {
    ...summary,
    oldestImpression: finiteOrNull(summary.oldestImpression),
    earliestExpiry: finiteOrNull(summary.earliestExpiry),
  };
}

function decodeSummary(summary: Record<keyof Summary, number | null>): Summary {
  return {
    rows: summary.rows!,
    impressionBytes: summary.impressionBytes!,
    oldestImpression: summary.oldestImpression ?? Number.POSITIVE_INFINITY,
    earliestExpiry: summary.earliestExpiry ?? Number.POSITIVE_INFINITY,
    lastSequence: summary.lastSequence!,
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
