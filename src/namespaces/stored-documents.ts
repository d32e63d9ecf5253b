import type { Row } from '../stores/store.js';
import { RECORD_FORMAT } from './records.js';

/** One document in a stored cell or impression: its key comes first, what follows is the kind's own. */
export type StoredDocument = readonly [key: string, ...rest: unknown[]];

/** The record of a cell or an impression, read no further than its documents; the rest is carried along as it is. */
export interface StoredRecord {
  readonly value: Readonly<Record<string, unknown>>;
  readonly documents: readonly StoredDocument[];
}

const FIELD = { cell: 'documents', impression: 'shown' } as const;

/** Undefined for other kinds, and where the record is damaged or of a newer format. */
export function readDocuments(row: Row): StoredRecord | undefined {
  if (row.kind !== 'cell' && row.kind !== 'impression') return undefined;
  try {
    const value = JSON.parse(row.value) as Record<string, unknown>;
    const documents = value[FIELD[row.kind]];
    const isWhole = value.format === RECORD_FORMAT && Array.isArray(documents) && documents.every(isDocument);
    return isWhole ? { value, documents: documents as StoredDocument[] } : undefined;
  } catch {
    // Not JSON, or null: damaged records are reported when their namespace is opened, and stay as they are.
    return undefined;
  }
}

/** The row with other documents, and other fields where they are given. */
export function withDocuments(
  row: Row & { readonly kind: 'cell' | 'impression' },
  { value }: StoredRecord,
  documents: readonly StoredDocument[],
  fields: object = {},
): Row {
  return { ...row, value: JSON.stringify({ ...value, ...fields, [FIELD[row.kind]]: documents }) };
}

function isDocument(entry: unknown): entry is StoredDocument {
  return Array.isArray(entry) && typeof entry[0] === 'string';
}
