import type { Row } from '../stores/store.js';
import { readChunk } from '../text/frequency-chunks.js';
import { readImpression } from './impression.js';
import {
  META_COUNTERS,
  META_STATE,
  RECORD_FORMAT,
  readAllowance,
  readCell,
  readCounters,
  readState,
  readUse,
  readWide,
  usedCell,
  type VectorShape,
} from './records.js';

/** No chunk of document frequencies holds more stems, whatever the settings it was written under. */
const MAX_STEMS = 65_536;

/**
 * Whether a stored record can be read, as the namespace it is of would read it, by the encoder it says it is of. Keys of
 * kind `meta` that nobody knows are passed over, as they are when a namespace is opened.
 */
export function isReadable(row: Row): boolean {
  try {
    return readAny(row);
  } catch {
    // Every reader throws for what it cannot read; which way matters to nobody here.
    return false;
  }
}

function readAny(row: Row): boolean {
  switch (row.kind) {
    case 'cell':
      return readCell(row, shapeOf(row, ['key', 'narrative'], 4)) !== undefined;
    case 'document':
      return readWide(row) !== undefined;
    case 'frequencies':
      return readChunk(row.key, row.value, MAX_STEMS) !== undefined;
    case 'impression':
      return readImpression(row, shapeOf(row, ['key'], 1)) !== undefined;
    case 'allowance':
      return Number.isFinite(readAllowance(row));
    case 'used':
      return (JSON.parse(row.value) as { format?: unknown }).format === RECORD_FORMAT;
    case 'meta':
      return readMeta(row);
  }
}

function readMeta(row: Row): boolean {
  if (row.key === META_STATE) {
    const { encoder, wide } = JSON.parse(row.value) as { encoder: string; wide: { vector: unknown } };
    return readState(row, { encoder, dimension: dimensionOf([wide.vector], 4) }) !== undefined;
  }
  if (row.key === META_COUNTERS) return readCounters(row) !== undefined;
  if (usedCell(row) !== null) return readUse(row) !== undefined;
  return JSON.parse(row.value) !== undefined;
}

/** The record's own encoder, with the dimension its first vector has: the others must have the same. */
function shapeOf(row: Row, vectors: readonly string[], bytesPerComponent: number): VectorShape {
  const value = JSON.parse(row.value) as Record<string, unknown>;
  const { encoder, documents } = value;
  const dimension = dimensionOf(
    vectors.map((name) => value[name]),
    bytesPerComponent,
  );
  return { encoder: String(encoder), dimension: dimension || signBitsOf(documents) };
}

function dimensionOf(vectors: readonly unknown[], bytesPerComponent: number): number {
  const first = vectors.find((vector) => typeof vector === 'string') as string | undefined;
  return first === undefined ? 0 : Buffer.from(first, 'base64').length / bytesPerComponent;
}

/** Without any vector, sign bits of embeddings must at least be of one length. */
function signBitsOf(documents: unknown): number {
  const bits = (documents as unknown[][] | undefined)?.map((entry) => entry[4]) ?? [];
  return dimensionOf(bits, 1 / 8);
}
