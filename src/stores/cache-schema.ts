import { crc32 } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import { StorageError } from './store.js';

/** Says in the file's header that it is ours: 'NCC1' in ASCII. */
const APPLICATION_ID = 0x4e434331;
/** Goes up when entries are kept in another way; a file of any other format is begun anew. */
const FORMAT_VERSION = 1;
const BUSY_TIMEOUT_MS = 2_000;
/** The log is cut back to this length if a burst had let it grow. */
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;
export const PAGE_BYTES = 4096;
/** Beyond the bound of the entries: room to work in. */
const SPARE_PAGES = 16_384;

/** `used`: day of the last use, since the epoch. */
const SCHEMA = `
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    expires_at REAL,
    checksum INTEGER NOT NULL,
    used INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX entries_by_key ON entries (namespace, key);
  CREATE INDEX entries_by_use ON entries (used);
`;

/**
 * Makes an open database ready: an empty one becomes ours. Throws `StorageError` for one that is not (`damaged`) or of
 * another format (`newer`), and what SQLite throws. Pages are not checked: each entry proves itself when it is read.
 */
export function prepareCache(database: Database, path: string, maxBytes: number): void {
  database.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  if (isEmpty(database)) {
    database.pragma(`page_size = ${PAGE_BYTES}`);
    database.pragma('auto_vacuum = INCREMENTAL');
  } else {
    refuseStranger(database, path);
  }
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma(`journal_size_limit = ${LOG_LIMIT_BYTES}`);
  database.pragma('trusted_schema = OFF');
  database.pragma(`max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES) + SPARE_PAGES}`);
  if (!isEmpty(database)) return;
  const create = database.transaction(() => {
    database.exec(SCHEMA);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${FORMAT_VERSION}`);
  });
  create.immediate();
}

function isEmpty(database: Database): boolean {
  const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
  return tables === 0 && database.pragma('application_id', { simple: true }) === 0;
}

function refuseStranger(database: Database, path: string): void {
  if (database.pragma('application_id', { simple: true }) !== APPLICATION_ID)
    throw new StorageError('damaged', `${path} is not a cache`);
  const format = database.pragma('user_version', { simple: true });
  if (format !== FORMAT_VERSION)
    throw new StorageError('newer', `${path} has format ${format}, this version reads ${FORMAT_VERSION}`);
}

/** CRC-32 of all that makes an entry, so that a garbled or misplaced one is told from what was put. */
export function checksumOf(
  namespace: string,
  key: string,
  value: Uint8Array,
  expiresAt: number | null,
): number {
  // The value first: of one without bytes zlib takes no running value.
  return crc32(JSON.stringify([namespace, key, expiresAt]), crc32(value));
}
