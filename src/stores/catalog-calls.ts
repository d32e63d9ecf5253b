import type { CatalogFile } from './catalog-file.js';
import type { AuditFilter, CatalogChange, CatalogKind } from './catalog-store.js';

/** What the catalog's worker is asked. */
export type CatalogCall =
  | readonly ['open']
  | readonly ['load']
  | readonly ['get', kind: CatalogKind, key: string]
  | readonly ['commit', changes: readonly CatalogChange[]]
  | readonly ['audit', filter: AuditFilter, after: number, limit: number]
  | readonly ['sweep', now: number, limit: number]
  | readonly ['compact']
  | readonly ['close'];

/** What it says besides answers: `CatalogEvents`. */
export type CatalogReport =
  | readonly ['setAside', path: string, newPath: string, kept: number]
  | readonly ['replaced'];

/** Carries out a call; what it answers can be cloned. Throws `StorageError`. */
export function answerCatalogCall(file: CatalogFile, call: CatalogCall): unknown {
  switch (call[0]) {
    case 'open':
      return file.open()?.message;
    case 'load':
      return file.load();
    case 'get':
      return file.get(call[1], call[2]);
    case 'commit':
      return file.commit(call[1]);
    case 'audit':
      return file.audit(call[1], call[2], call[3]);
    case 'sweep':
      return file.sweep(call[1], call[2]);
    case 'compact':
      return file.compact();
    case 'close':
      return file.close();
  }
}

/** Characters of rows that a call carries. */
export function catalogCallLength(call: CatalogCall): number {
  if (call[0] !== 'commit') return 0;
  let length = 0;
  for (const change of call[1]) {
    if ('put' in change) length += change.put.value.length;
    else if ('append' in change) length += change.append.values?.length ?? 0;
  }
  return length;
}
