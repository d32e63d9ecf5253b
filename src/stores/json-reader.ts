import { storageError } from './disk-failure.js';
import { diskFiles, type Files } from './files.js';
import { PARTS } from './json-format.js';
import { type LoadedNamespace, loadServed } from './json-load.js';
import { JsonPaths, type JsonTemplates } from './json-paths.js';
import { readSummary } from './json-summary.js';
import {
  type Kind,
  type Row,
  type RowPage,
  STATE_KINDS,
  StorageError,
  type StoreReader,
  type StoreUsage,
} from './store.js';

export interface JsonReaderOptions {
  /** `STORAGE_DIR`. */
  readonly folder: string;
  readonly templates: JsonTemplates;
  /** A file is damaged or missing; what is whole is read all the same. */
  readonly onDamaged?: (namespace: string, path: string) => void;
  readonly files?: Files;
}

/**
 * Reads JSON files that another process may own: takes no lock, changes nothing, makes no file. What does not exist
 * reads as empty. Rejects with `StorageError` (`newer`, `io`).
 */
export function openJsonReader(options: JsonReaderOptions): StoreReader {
  return new JsonReader(options);
}

/** A namespace as it was at one moment. */
interface Snapshot {
  readonly namespace: string;
  readonly loaded: LoadedNamespace;
  /** Tells whether the files are still the same. */
  readonly mark: string;
}

class JsonReader implements StoreReader {
  private readonly files: Files;
  private readonly paths: JsonPaths;
  /** The namespace asked for last: questions tend to come in a row, and the pages of a scan belong together. */
  private snapshot: Snapshot | undefined;
  private closed = false;

  constructor(private readonly options: JsonReaderOptions) {
    this.files = options.files ?? diskFiles();
    this.paths = new JsonPaths(options.templates, options.folder);
  }

  async namespaces(): Promise<string[]> {
    return this.ask(() => [...this.paths.list(this.files)].filter((name) => this.hasRows(name)).sort());
  }

  async load(namespace: string): Promise<Row[]> {
    return this.ask(() => this.now(namespace).rows.load(STATE_KINDS));
  }

  async get(namespace: string, kind: Kind, key: string): Promise<Row | undefined> {
    return this.ask(() => this.now(namespace).rows.get(kind, key));
  }

  /** All pages that follow the first are of the same moment as it. */
  async scan(namespace: string, cursor: number, limit: number): Promise<RowPage> {
    return this.ask(() => {
      const isGoingOn = cursor > 0 && this.snapshot?.namespace === namespace;
      const { rows } = isGoingOn ? this.snapshot!.loaded : this.now(namespace);
      return rows.scan(cursor, limit);
    });
  }

  async usage(namespace: string): Promise<StoreUsage> {
    return this.ask(() => this.now(namespace).rows.usage());
  }

  async close(): Promise<void> {
    this.closed = true;
    this.snapshot = undefined;
  }

  private now(namespace: string): LoadedNamespace {
    const mark = this.markOf(namespace);
    if (this.snapshot?.namespace !== namespace || this.snapshot.mark !== mark) {
      this.snapshot = { namespace, loaded: this.read(namespace), mark };
    }
    return this.snapshot.loaded;
  }

  private read(namespace: string): LoadedNamespace {
    const loaded = loadServed(this.files, this.paths, namespace);
    for (const path of [...loaded.damaged, ...loaded.missing]) this.options.onDamaged?.(namespace, path);
    return loaded;
  }

  private markOf(namespace: string): string {
    const facts = (['journal', ...PARTS] as const).map((part) =>
      this.files.facts(this.paths.pathOf(namespace, part)),
    );
    return JSON.stringify(facts);
  }

  /** A namespace of a newer format is there, though it cannot be read. */
  private hasRows(namespace: string): boolean {
    try {
      const summary = readSummary(this.files, this.paths, namespace);
      return summary ? summary.rows > 0 : !this.now(namespace).rows.isEmpty;
    } catch (cause) {
      if (cause instanceof StorageError && cause.failure === 'newer') return true;
      throw cause;
    }
  }

  private ask<T>(question: () => T): T {
    if (this.closed) throw new StorageError('closed', 'the store is closed');
    try {
      return question();
    } catch (cause) {
      throw storageError(cause, (cause as { path?: string } | null)?.path ?? this.options.folder);
    }
  }
}
