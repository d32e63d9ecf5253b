import { CatalogQueries } from './catalog-queries.js';
import { CATALOG, catalogPath } from './catalog-schema.js';
import type {
  AuditFilter,
  AuditRow,
  CatalogContents,
  CatalogKind,
  CatalogReader,
  CatalogRow,
} from './catalog-store.js';
import { FileReader } from './sqlite-reader.js';

/**
 * Reads the catalog of a folder that another process may own: takes no lock, changes nothing, makes no file. A file that
 * does not exist reads as empty; throws `StorageError` (`newer`, `damaged`, `io`).
 */
export function openCatalogReader(folder: string): CatalogReader {
  return new SqliteCatalogReader(
    new FileReader(catalogPath(folder), CATALOG, (database) => new CatalogQueries(database)),
  );
}

class SqliteCatalogReader implements CatalogReader {
  constructor(private readonly file: FileReader<CatalogQueries>) {}

  async load(): Promise<CatalogContents> {
    return this.file.ask((queries) => queries.load(), { rows: [], lastAudit: undefined });
  }

  async get(kind: CatalogKind, key: string): Promise<CatalogRow | undefined> {
    return this.file.ask((queries) => queries.get(kind, key), undefined);
  }

  async audit(filter: AuditFilter, after: number, limit: number): Promise<AuditRow[]> {
    return this.file.ask((queries) => queries.audit(filter, after, limit), []);
  }

  async close(): Promise<void> {
    this.file.close();
  }
}
