import { dirname } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { Clock } from '../base/clock.js';
import { makeFolder } from '../base/make-folder.js';
import { codeOf, isSqliteCode, storageError } from './disk-failure.js';
import { identityOf } from './file-identity.js';
import type { FolderLock } from './lock.js';
import { RetryPause } from './retry-pause.js';
import type { Probing, SqliteContent } from './sqlite-content.js';
import { type Connect, connectFile, createFile, hasLog, inspectFile, refuseNewerLog } from './sqlite-file.js';
import { configure, verify, verifyUnchanged } from './sqlite-pragmas.js';
import { finishReplacing, replaceDamaged } from './sqlite-replace.js';
import { formatOf } from './sqlite-schema.js';
import { StorageError, type StorageFailure } from './store.js';
import type { RepairedPart } from './upkeep.js';

export interface SqliteConnectionOptions {
  readonly path: string;
  readonly clock: Clock;
  /** `normal` survives the end of the process, `full` also power loss. Default `normal`. */
  readonly sync?: 'normal' | 'full';
  /** Held before anything is written; absent = the caller sees to it that no one else writes. */
  readonly lock?: FolderLock;
  /** Largest the file may grow, in pages of 4096 bytes; beyond it writes fail as on a full disk. Default: no bound. */
  readonly maxPages?: number;
  /** A damaged file was set aside under `newPath`; the rows of it that could be read, `kept` of them, took its place. */
  readonly onQuarantined?: (path: string, newPath: string, kept: number) => void;
  /** The database is another one from now on: what was read from the old one no longer holds. */
  readonly onReplaced?: () => void;
  /** Most memory for pages; absent = SQLite's own 2 MiB. */
  readonly cacheKiB?: number;
  /** Files up to this size are checked page by page when they are opened. */
  readonly fullCheckBytes?: number;
  /** Opens for reading alone until something is written: making a file ready for writing waits for the disk twice. */
  readonly readsFirst?: boolean;
  /** A file that vanishes while it is in use is waited for, not made anew. */
  readonly isAwaited?: boolean;
  readonly connect?: Connect;
}

interface Connected<Queries, Commits> {
  readonly database: Database;
  readonly queries: Queries;
  /** Absent on a connection that can only read. */
  readonly commits?: Commits;
  /** Whether reading is all that was wanted: nothing failed. */
  readonly isReader?: boolean;
  readonly identity: string | undefined;
}

/** Failures during which a file may still be read. */
const MENDS_ITSELF: ReadonlySet<StorageFailure> = new Set(['full', 'read-only', 'io']);
/** After these the connection itself may be unusable for writing; after a full disk it is not. */
const BREAKS_CONNECTION = ['SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_NOMEM', 'SQLITE_READONLY'] as const;

/**
 * Keeps a connection to one database file through whatever happens to its disk: opens when it is first needed, opens
 * again after failures (pausing as `RetryPause` does between tries), falls back to reading while nothing can be
 * written, and puts what can be read of a damaged file in its place. Everything it throws is a `StorageError`.
 */
export class SqliteConnection<Queries, Commits extends Probing> {
  private connected: Connected<Queries, Commits> | undefined;
  /** Whether what is connected failed and only serves reads until there is a new connection. */
  private isStale = false;
  private closed = false;
  private wasThere = false;
  private failure: StorageError | undefined;
  private readonly pause: RetryPause;

  constructor(
    private readonly options: SqliteConnectionOptions,
    private readonly content: SqliteContent<Queries, Commits>,
  ) {
    this.pause = new RetryPause(options.clock);
  }

  read<T>(work: (queries: Queries) => T): T {
    return this.run(() => work(this.readable().queries));
  }

  write<T>(work: (commits: Commits) => T): T {
    return this.run(() => {
      const result = work(this.writable());
      this.pause.succeeded();
      return result;
    });
  }

  /** Lets go of the file, not of the lock. Leaves a file that can be read where nothing can be written. */
  close(): void {
    this.closed = true;
    if (this.connected?.commits) leaveWriteAheadMode(this.connected.database);
    this.disconnect();
  }

  private run<T>(work: () => T): T {
    if (this.closed) throw new StorageError('closed', 'the store is closed');
    try {
      return work();
    } catch (cause) {
      const error = storageError(cause, this.options.path);
      this.recover(error);
      throw error;
    }
  }

  private readable(): Connected<Queries, Commits> {
    const current = this.current();
    if (current?.isReader || (current?.commits && !this.isStale)) return current;
    if (current && !this.pause.isOver) return current;
    try {
      if (!current && this.options.readsFirst && !this.failure) {
        this.connected = this.connectToLook();
        if (this.connected) return this.connected;
      }
      return this.reconnect();
    } catch (cause) {
      if (this.connected) return this.connected;
      throw cause;
    }
  }

  private writable(): Commits {
    const current = this.current();
    if (current?.commits && !this.isStale) return current.commits;
    return this.reconnect().commits!;
  }

  /** What is connected, unless its file was moved or replaced: what such a file is told would be lost. */
  private current(): Connected<Queries, Commits> | undefined {
    if (this.connected && identityOf(this.options.path) !== this.connected.identity) {
      this.disconnect();
      this.options.onReplaced?.();
    }
    return this.connected;
  }

  /** Connects for writing; failing that for reading, and throws why. Throws the last reason while it is too early. */
  private reconnect(): Connected<Queries, Commits> {
    if (this.failure && !this.pause.isOver) throw this.failure;
    // SQLite lets a new connection share what an open one has, so one that was opened read-only must go first.
    this.disconnect();
    try {
      this.connected = this.connectForWriting();
      this.failure = undefined;
      return this.connected;
    } catch (cause) {
      const error = storageError(cause, this.options.path);
      this.backOff(error);
      if (MENDS_ITSELF.has(error.failure)) this.connected = this.connectForReading();
      throw error;
    }
  }

  private backOff(error: StorageError): void {
    this.failure = error;
    this.pause.failed();
  }

  private connectForWriting(): Connected<Queries, Commits> {
    const { path, lock, clock, isAwaited, connect = connectFile } = this.options;
    const { kind } = this.content;
    makeFolder(dirname(path));
    lock?.acquire();
    this.report(finishReplacing(path, clock.now(), this.content));
    const found = inspectFile(path, kind);
    if (found === 'absent' && isAwaited && this.wasThere)
      throw new StorageError('io', `${path} vanished: put it back, or start anew`);
    if (found === 'absent') createFile(path, connect, kind);
    else if (found === 'damaged') this.salvage();
    else refuseNewerLog(path, connect, kind);
    try {
      return this.openFile(connect);
    } catch (cause) {
      if (storageError(cause, path).failure !== 'damaged') throw cause;
      this.salvage();
      return this.openFile(connect);
    }
  }

  private openFile(connect: Connect): Connected<Queries, Commits> {
    const { path, sync = 'normal', maxPages, cacheKiB, fullCheckBytes } = this.options;
    const database = connect(path, { fileMustExist: true });
    try {
      configure(database, { sync, maxPages, cacheKiB });
      verify(database, path, this.content.kind, fullCheckBytes);
      const commits = this.content.commits(database);
      // Write-ahead mode that was on before is found on a read-only disk as well: only writing tells.
      commits.probe();
      this.wasThere = true;
      return { database, queries: this.content.queries(database), commits, identity: identityOf(path) };
    } catch (cause) {
      database.close();
      // Our header over tables that are not ours: a statement does not compile.
      const isForeign = codeOf(cause) === 'SQLITE_ERROR';
      throw isForeign ? new StorageError('damaged', `${path}: tables are missing`, { cause }) : cause;
    }
  }

  /** Undefined where the file needs more than a look: it is damaged, another format, or was not put away in order. */
  private connectToLook(): Connected<Queries, Commits> | undefined {
    const { path, fullCheckBytes } = this.options;
    const connected = hasLog(path) ? undefined : this.connectForReading();
    if (!connected) return undefined;
    const { database } = connected;
    try {
      verifyUnchanged(database, path, this.content.kind, fullCheckBytes);
      this.content.refuseForeign(database);
      return { ...connected, isReader: true };
    } catch {
      database.close();
      return undefined;
    }
  }

  /** Undefined when that fails too: the reason that is reported is why writing failed. */
  private connectForReading(): Connected<Queries, Commits> | undefined {
    const { path, connect = connectFile } = this.options;
    let database: Database | undefined;
    try {
      if (inspectFile(path, this.content.kind) !== 'usable') return undefined;
      database = connect(path, { readonly: true, fileMustExist: true });
      return { database, queries: this.content.queries(database), identity: identityOf(path) };
    } catch {
      database?.close();
      return undefined;
    }
  }

  private recover(error: StorageError): void {
    if (this.connected?.database.inTransaction) this.disconnect();
    if (this.connected?.isReader) {
      this.disconnect();
      if (error.failure === 'damaged') this.setAside();
    }
    if (!this.connected?.commits || this.isStale) return;
    if (error.failure === 'damaged') this.setAside();
    else if (BREAKS_CONNECTION.some((family) => isSqliteCode(codeOf(error.cause), family))) {
      this.isStale = true;
      this.backOff(error);
    }
  }

  /** A disk on which nothing can be renamed now is tried again when the file is next opened. */
  private setAside(): void {
    try {
      this.disconnectAsItIs();
      this.options.lock?.acquire();
      this.salvage();
    } catch (cause) {
      this.backOff(storageError(cause, this.options.path));
    }
  }

  private salvage(): void {
    const { path, clock } = this.options;
    this.report(replaceDamaged(path, clock.now(), this.content));
  }

  private report(repaired: RepairedPart | undefined): void {
    if (!repaired) return;
    const { path, onQuarantined, onReplaced } = this.options;
    for (const newPath of repaired.setAside) onQuarantined?.(path, newPath, repaired.kept);
    onReplaced?.();
  }

  /** The last to close a database puts its log away; a reader that is the last leaves it, whatever is wrong with it. */
  private disconnectAsItIs(): void {
    let reader: Database | undefined;
    try {
      reader = connectFile(this.options.path, { readonly: true, fileMustExist: true });
      formatOf(reader);
    } catch {
      // Then the log is put away as it is.
    } finally {
      this.disconnect();
      reader?.close();
    }
  }

  private disconnect(): void {
    const { connected } = this;
    this.connected = undefined;
    this.isStale = false;
    try {
      connected?.database.close();
    } catch {
      // The disk failed while the log was being put away: it stays and is read at the next opening.
    }
  }
}

/** Without its log a file can be read from a read-only disk; a reader that is attached, or a full disk, prevents it. */
function leaveWriteAheadMode(database: Database): void {
  try {
    database.pragma('journal_mode = DELETE');
  } catch {
    // Stays in write-ahead mode, which loses nothing.
  }
}
