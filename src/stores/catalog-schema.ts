import { join } from 'node:path';
import type { DatabaseKind } from './sqlite-schema.js';

/** The catalog's file in `STORAGE_DIR`. */
export function catalogPath(folder: string): string {
  return join(folder, 'neuralcache-catalog.db');
}

/**
 * The catalog of namespaces: 'NCN1' in ASCII. `records`: what is true now, by kind and key. `audit`: what led there;
 * entries of one namespace, actor or action are found in the order of `seq`, which every index ends with.
 */
export const CATALOG: DatabaseKind = {
  applicationId: 0x4e434e31,
  migrations: [
    `
    CREATE TABLE records (
      kind TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      expires_at REAL,
      PRIMARY KEY (kind, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE audit (
      seq INTEGER PRIMARY KEY,
      at REAL NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      namespace TEXT NOT NULL,
      request_id TEXT NOT NULL,
      content TEXT,
      content_hash TEXT NOT NULL,
      hash TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_by_namespace ON audit (namespace);
    CREATE INDEX audit_by_actor ON audit (actor);
    CREATE INDEX audit_by_action ON audit (action);
    `,
  ],
};

export const RECORD_COLUMNS = 'kind, key, value, expires_at';
export const AUDIT_COLUMNS = 'seq, at, actor, action, namespace, request_id, content, content_hash, hash';
