import type { CatalogRow } from '../stores/catalog-store.js';
import { isObject } from './reading.js';

/** Durable counts of a namespace by what they count; any finite numbers. */
export type Counts = Readonly<Record<string, number>>;

/** Counts to be set. */
export interface UsageCounts {
  readonly id: string;
  readonly counts: Counts;
}

/** The row that keeps the counts of a namespace. Throws `RangeError` for what is no finite number. */
export function usageRow(id: string, counts: Counts): CatalogRow {
  for (const [name, count] of Object.entries(counts))
    if (!Number.isFinite(count)) throw new RangeError(`${name} must be a finite number`);
  return { kind: 'usage', key: id, value: JSON.stringify(counts) };
}

/** The counts of a row, frozen; undefined = they cannot be read. */
export function readUsage({ value }: Pick<CatalogRow, 'value'>): Counts | undefined {
  let counts: unknown;
  try {
    counts = JSON.parse(value);
  } catch {
    return undefined;
  }
  if (!isObject(counts) || !Object.values(counts).every((count) => Number.isFinite(count))) return undefined;
  return Object.freeze(counts as Counts);
}
