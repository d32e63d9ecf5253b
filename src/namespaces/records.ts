import type { Row } from '../stores/store.js';
import type { QueryGuard } from '../text/query-guard.js';
import type { Cell, CellUse, DocumentEvidence } from './cell.js';
import type { PairWindow, WideEvidence, WideNarrative } from './namespace-wide.js';
import { decodeBytes, decodeFloats, encodeBytes, encodeFloats } from './vector-codec.js';

/**
 * How state is written: one JSON text a row. Every record carries `format`; a record of a newer format, or a damaged
 * one, makes its reader throw `RecordError`. Numbers and vectors come back bit for bit.
 */
export const RECORD_FORMAT = 1;

/** A stored record that cannot be read. */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

/** Encoder by which vectors are read. */
export interface VectorShape {
  /** Name and version of the encoder. */
  readonly encoder: string;
  readonly dimension: number;
}

/** Keys of the rows of kind `meta`. */
export const META_STATE = 'state';
export const META_COUNTERS = 'counters';
/** There while a copy into the namespace is under way; after a crash it keeps half a copy from being taken for state. */
export const META_UNFINISHED = 'unfinished';
const USE_PREFIX = 'use/';

/** What the row `meta/state` holds: the namespace-wide, small part of the memory. */
export interface StateRecord {
  readonly encoder: string;
  readonly scorer: string;
  /** Fingerprint of the hash key: under another key the same text is not recognised. */
  readonly hashKey: string;
  readonly beta: number;
  /** Whether document ids are kept as hashes alone; absent = as they are. */
  readonly hashedIds?: true;
  /** Feedbacks applied to the memory; β is learned again at every 200th. */
  readonly feedbacks: number;
  /** Dimension of the vectors callers send; null before the first. */
  readonly pinnedDimension: number | null;
  readonly wide: WideNarrative;
}

/** What the row `meta/counters` holds; durable, only ever rising. */
export interface CounterRecord {
  readonly feedback_total: number;
  /** Requests that may leave traces. */
  readonly request_total: number;
  /** Of them, queries; and feedbacks that were written. Records before they were kept stand by the two above. */
  readonly query_total: number;
  readonly upsert_total: number;
  readonly created_at: number;
  readonly last_used_at: number;
}

function read<Record>(row: Row, decode: (value: never) => Record): Record {
  try {
    const value = JSON.parse(row.value) as { format?: unknown };
    if (value?.format !== RECORD_FORMAT)
      throw new RangeError(`format ${String(value?.format)} is not known here`);
    return decode(value as never);
  } catch (error) {
    throw new RecordError(`${row.kind} record cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** A record read no further than that it is one; undefined where it is damaged or of another format, and stays so. */
export function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as Record<string, unknown> | null;
    return value?.format === RECORD_FORMAT ? value : undefined;
  } catch {
    // Not JSON. Damaged records are reported when their namespace is opened, and never removed.
    return undefined;
  }
}

function write(record: object): string {
  return JSON.stringify({ format: RECORD_FORMAT, ...record });
}

function finite(value: unknown, minimum = 0): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < minimum)
    throw new RangeError('bad number');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new RangeError('bad text');
  return value;
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new RangeError('bad list');
  return value;
}

/** A guard as read from outside. */
export function decodeGuard(value: unknown): QueryGuard {
  const { numbers, negations, words } = value as QueryGuard;
  return { numbers: text(numbers), negations: finite(negations), words: list(words).map(text) };
}

export function cellRow(cell: Cell): Row {
  const documents = [...cell.documents].map(([key, { S, W, textHash, bits }]) => [
    key,
    S,
    W,
    textHash,
    encodeBytes(bits),
  ]);
  return {
    kind: 'cell',
    key: cell.id,
    value: write({
      encoder: cell.encoder,
      key: encodeFloats(cell.key),
      guard: cell.guard,
      feedbacks: cell.feedbacks,
      decayedAt: cell.decayedAt,
      narrative: encodeFloats(cell.narrative),
      mass: cell.mass,
      documents,
    }),
  };
}

/**
 * Reads a cell. Vectors of another encoder are left out (`key`, `narrative`, `bits` null): they say nothing here, and the
 * cell speaks for its own text alone until it is learned again.
 */
export function readCell(row: Row, shape: VectorShape): Cell {
  return read(row, (value: Record<string, unknown>) => {
    const encoder = text(value.encoder);
    const dimension = encoder === shape.encoder ? shape.dimension : null;
    return {
      id: row.key,
      encoder,
      key: dimension === null ? null : decodeFloats(value.key, dimension),
      guard: decodeGuard(value.guard),
      feedbacks: finite(value.feedbacks),
      decayedAt: finite(value.decayedAt),
      narrative: dimension === null ? null : decodeFloats(value.narrative, dimension),
      mass: dimension === null ? 0 : finite(value.mass),
      documents: new Map(list(value.documents).map((entry) => readDocument(list(entry), dimension))),
    };
  });
}

function readDocument(entry: unknown[], dimension: number | null): [string, DocumentEvidence] {
  const [key, S, W, textHash, bits] = entry;
  const known = bits === null || dimension === null ? null : decodeBytes(bits, Math.ceil(dimension / 8));
  return [text(key), { S: finite(S), W: finite(W), textHash: text(textHash), bits: known }];
}

export function unfinishedRow(): Row {
  return { kind: 'meta', key: META_UNFINISHED, value: write({}) };
}

export function isUnfinishedMark({ kind, key }: Row): boolean {
  return kind === 'meta' && key === META_UNFINISHED;
}

export function useRow(cellId: string, use: CellUse): Row {
  return { kind: 'meta', key: USE_PREFIX + cellId, value: write(use) };
}

/** The row's cell, if it is a record of a cell's use. */
export function usedCell(row: Row): string | null {
  return row.kind === 'meta' && row.key.startsWith(USE_PREFIX) ? row.key.slice(USE_PREFIX.length) : null;
}

export function readUse(row: Row): CellUse {
  return read(row, ({ right, wrong, lastUsedAt }: Record<keyof CellUse, unknown>) => ({
    right: finite(right),
    wrong: finite(wrong),
    lastUsedAt: finite(lastUsedAt),
  }));
}

/** Kind and key of the row of a cell's use. */
export function useKey(cellId: string): readonly ['meta', string] {
  return ['meta', USE_PREFIX + cellId];
}

export function removeCellChanges(cellId: string) {
  return [
    { remove: { kind: 'cell', key: cellId } },
    { remove: { kind: 'meta', key: USE_PREFIX + cellId } },
  ] as const;
}

export function wideRow(key: string, evidence: WideEvidence): Row {
  return { kind: 'document', key, value: write(evidence) };
}

export function readWide(row: Row): WideEvidence {
  return read(row, ({ S, W, decayedAt }: Record<keyof WideEvidence, unknown>) => ({
    S: finite(S),
    W: finite(W),
    decayedAt: finite(decayedAt),
  }));
}

export function stateRow(state: StateRecord): Row {
  const wide = { ...state.wide, vector: encodeFloats(state.wide.vector) };
  return { kind: 'meta', key: META_STATE, value: write({ ...state, wide }) };
}

/** Reads the state record; the narrative of another encoder and its window are left out. */
export function readState(row: Row, shape: VectorShape): StateRecord {
  return read(row, (value: Record<string, unknown>) => {
    const wide = value.wide as Record<keyof WideNarrative, unknown>;
    const encoder = text(value.encoder);
    const same = encoder === shape.encoder;
    return {
      encoder,
      scorer: text(value.scorer),
      hashKey: text(value.hashKey),
      beta: finite(value.beta, 1),
      feedbacks: finite(value.feedbacks),
      ...(value.hashedIds === true ? { hashedIds: true } : {}),
      pinnedDimension: value.pinnedDimension === null ? null : finite(value.pinnedDimension, 1),
      wide: {
        vector: same ? decodeFloats(wide.vector, shape.dimension) : null,
        narrativeWindow: same ? window(wide.narrativeWindow) : '',
        pheromoneWindow: window(wide.pheromoneWindow),
        ...(wide.learnedAt === undefined
          ? {}
          : { learnedAt: finite(wide.learnedAt, Number.NEGATIVE_INFINITY) }),
      },
    };
  });
}

function window(value: unknown): PairWindow {
  if (!/^[01]*$/.test(text(value))) throw new RangeError('bad window');
  return value as string;
}

export function counterRow(counters: CounterRecord): Row {
  return { kind: 'meta', key: META_COUNTERS, value: write(counters) };
}

export function readCounters(row: Row): CounterRecord {
  return read(row, (value: Record<keyof CounterRecord, unknown>) => ({
    feedback_total: finite(value.feedback_total),
    request_total: finite(value.request_total),
    query_total: finite(value.query_total ?? value.request_total),
    upsert_total: finite(value.upsert_total ?? value.feedback_total),
    created_at: finite(value.created_at),
    last_used_at: finite(value.last_used_at),
  }));
}

/** Marks a request's feedback as used up, until the impression itself would have expired. */
export function usedRow(requestId: string, expiresAt: number): Row {
  return { kind: 'used', key: requestId, value: write({}), expiresAt };
}

/** How many feedbacks a source gave a query on one day. */
export function allowanceRow(key: string, count: number, expiresAt: number): Row {
  return { kind: 'allowance', key, value: write({ count }), expiresAt };
}

/** Reads an allowance; one that cannot be read counts as used up for its day. */
export function readAllowance(row: Row): number {
  try {
    return read(row, ({ count }: { count: unknown }) => finite(count));
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    return Number.POSITIVE_INFINITY;
  }
}
