import { quoteJson } from '../base/write-json.js';
import type { Row } from '../stores/store.js';
import type { QueryGuard } from '../text/query-guard.js';
import { decodeGuard, RECORD_FORMAT, RecordError, type VectorShape } from './records.js';
import { decodeDirection } from './vector-codec.js';

/** Which order an answer had: base where memory was held out on purpose (`MEMORY_HOLDOUT`), else memory's. */
export type Arm = 'base' | 'memory';

/** Most documents of an answer that are remembered. */
export const MAX_SHOWN = 128;

/** What was shown for one request, as feedback needs it: no texts, no embeddings. */
export interface Impression {
  readonly requestId: string;
  readonly cellId: string;
  readonly guard: QueryGuard;
  /** The query's key vector (one byte a component when stored); null = no key, or of another encoder. */
  readonly key: Float32Array | null;
  readonly shown: readonly { readonly key: string; readonly textHash: string; readonly index: number }[];
  /** Whether more were shown than are kept. */
  readonly more: boolean;
  /** Keyed hash of who asked, if the caller named them. */
  readonly source: string | null;
  readonly arm: Arm;
  readonly expiresAt: number;
}

/** Parts of an impression that repeat with the query, written once. */
export interface QueryRecord {
  readonly cellId: string;
  readonly guardJson: string;
  /** JSON of the key vector in one byte a component, or `null`. */
  readonly keyJson: string;
}

/** The row of an impression. Its text is put together by hand, for it is made in every request. */
export function impressionRow(
  requestId: string,
  query: QueryRecord,
  encoder: string,
  shown: Impression['shown'],
  rest: {
    readonly more: boolean;
    readonly source: string | null;
    readonly arm: Arm;
    readonly expiresAt: number;
  },
): Row {
  let documents = '';
  for (const { key, textHash, index } of shown)
    documents += `${documents === '' ? '' : ','}[${quoteJson(key)},"${textHash}",${index}]`;
  return {
    kind: 'impression',
    key: requestId,
    group: query.cellId,
    expiresAt: rest.expiresAt,
    value:
      `{"format":${RECORD_FORMAT},"encoder":${quoteJson(encoder)},"guard":${query.guardJson},"key":${query.keyJson},` +
      `"shown":[${documents}],"more":${rest.more},"source":${JSON.stringify(rest.source)},"arm":"${rest.arm}"}`,
  };
}

/** Reads an impression; throws `RecordError` where it is damaged. */
export function readImpression(row: Row, shape: VectorShape): Impression {
  try {
    const value = JSON.parse(row.value) as Record<string, unknown>;
    if (value.format !== RECORD_FORMAT) throw new RangeError('unknown format');
    return {
      requestId: row.key,
      cellId: row.group ?? '',
      guard: decodeGuard(value.guard),
      key: value.encoder === shape.encoder ? decodeDirection(value.key, shape.dimension) : null,
      shown: (value.shown as unknown[][]).map(([key, textHash, index]) => {
        if (typeof key !== 'string' || typeof textHash !== 'string' || !Number.isInteger(index))
          throw new RangeError('bad document');
        return { key, textHash, index: index as number };
      }),
      more: value.more === true,
      source: typeof value.source === 'string' ? value.source : null,
      arm: value.arm === 'base' ? 'base' : 'memory',
      expiresAt: row.expiresAt ?? 0,
    };
  } catch (error) {
    throw new RecordError(`impression cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
