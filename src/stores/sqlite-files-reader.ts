import { storageError } from './disk-failure.js';
import { listDatabases } from './sqlite-names.js';
import { openSqliteReader } from './sqlite-reader.js';
import type { Kind, Row, RowPage, StoreReader, StoreUsage } from './store.js';
import { StorageError } from './store.js';
import type { TemplatePaths } from './templates.js';

/**
 * Reads the files of namespaces while another process may own them: takes no lock, changes nothing, makes no file. What
 * is wrong with one file (`newer`, `damaged`) shows when its namespace is asked for. The names are those of the files; a
 * file whose last row has just gone may be among them.
 */
export class SqliteFilesReader implements StoreReader {
  /** The file that was asked last. */
  private last: { readonly namespace: string; readonly reader: StoreReader } | undefined;
  private closed = false;

  constructor(private readonly paths: TemplatePaths) {}

  async namespaces(): Promise<string[]> {
    this.assertOpen();
    try {
      return listDatabases(this.paths).sort();
    } catch (cause) {
      throw storageError(cause, this.paths.folder);
    }
  }

  async load(namespace: string): Promise<Row[]> {
    return (await this.of(namespace)).load(namespace);
  }

  async get(namespace: string, kind: Kind, key: string): Promise<Row | undefined> {
    return (await this.of(namespace)).get(namespace, kind, key);
  }

  async scan(namespace: string, cursor: number, limit: number): Promise<RowPage> {
    return (await this.of(namespace)).scan(namespace, cursor, limit);
  }

  async usage(namespace: string): Promise<StoreUsage> {
    return (await this.of(namespace)).usage(namespace);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.letGo();
  }

  private async of(namespace: string): Promise<StoreReader> {
    this.assertOpen();
    if (this.last?.namespace === namespace) return this.last.reader;
    await this.letGo();
    this.last = { namespace, reader: openSqliteReader(this.paths.pathOf(namespace)) };
    return this.last.reader;
  }

  private async letGo(): Promise<void> {
    const { last } = this;
    this.last = undefined;
    await last?.reader.close();
  }

  private assertOpen(): void {
    if (this.closed) throw new StorageError('closed', 'the store is closed');
  }
}
