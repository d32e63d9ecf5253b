import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import type { Clock } from '../base/clock.js';
import { makeFolder } from '../base/make-folder.js';
import { CATALOG_CONTENT } from './catalog-content.js';
import { catalogPath } from './catalog-schema.js';
import { attempting, storageError } from './disk-failure.js';
import { diskFiles } from './files.js';
import { listAside } from './set-aside.js';
import type { Salvage } from './sqlite-content.js';
import { DRAFT, inspectFile, isSalvageUnfinished, moveFile } from './sqlite-file.js';
import { catalogProblems, stateProblems } from './sqlite-integrity.js';
import { listDatabases } from './sqlite-names.js';
import { finishReplacing, replaceDamaged } from './sqlite-replace.js';
import { rewrite } from './sqlite-rewrite.js';
import { stateSalvage } from './sqlite-salvage.js';
import { StorageError } from './store.js';
import type { TemplatePaths } from './templates.js';
import type { CompactedPart, RepairedPart, StatePart, StateUpkeep } from './upkeep.js';

/** Pages copied in one go; all of them, so that the copy is of one moment and never begins anew. */
const ALL_PAGES = 0x7fffffff;

/** How files of one kind are read through and mended. `namespace`: whose the file is; null = all share it. */
export interface Mending {
  /** What is wrong with it, a sentence each. */
  problems(path: string, namespace: string | null): string[];
  salvage(namespace: string | null): Salvage;
}

const STATE_MENDING: Mending = { problems: stateProblems, salvage: stateSalvage };
const CATALOG_MENDING: Mending = { problems: catalogProblems, salvage: () => CATALOG_CONTENT };

/** Upkeep of the catalog's file. */
export function catalogUpkeep(folder: string, clock: Clock): StateUpkeep {
  return new SqliteUpkeep(folder, catalogPath(folder), clock, CATALOG_MENDING);
}

/** Upkeep of SQLite files: one that all share, or one for each namespace. */
export class SqliteUpkeep implements StateUpkeep {
  /** `folder`: `STORAGE_DIR`, which backups mirror. `files`: the shared file's path, or where the others are. */
  constructor(
    private readonly folder: string,
    private readonly files: string | TemplatePaths,
    private readonly clock: Clock,
    private readonly mending = STATE_MENDING,
  ) {}

  parts(): StatePart[] {
    const { files } = this;
    if (typeof files !== 'string') {
      const names = attempting(files.folder, () => listDatabases(files));
      return names.sort().map((namespace) => ({ namespace, path: files.pathOf(namespace) }));
    }
    const isThere = ['', '-wal', DRAFT].some((suffix) => existsSync(files + suffix));
    return isThere ? [{ namespace: null, path: files }] : [];
  }

  inspect({ path, namespace }: StatePart): string[] {
    if (isSalvageUnfinished(path)) return ['its repair was not finished: run it again'];
    return attempting(path, () => this.mending.problems(path, namespace));
  }

  repair({ path, namespace }: StatePart): RepairedPart | undefined {
    return attempting(path, () => {
      const salvage = this.mending.salvage(namespace);
      const finished = finishReplacing(path, this.clock.now(), salvage);
      const problems = this.mending.problems(path, namespace);
      return problems.length === 0 ? finished : replaceDamaged(path, this.clock.now(), salvage);
    });
  }

  /** A file that all share may hold anyone's. */
  setAside(namespace: string): string[] {
    const path = typeof this.files === 'string' ? this.files : this.files.pathOf(namespace);
    return attempting(path, () => listAside(diskFiles(), [path]));
  }

  compact({ path, namespace }: StatePart): CompactedPart {
    return attempting(path, () => {
      if (inspectFile(path, this.mending.salvage(namespace).kind) !== 'usable')
        throw new StorageError('damaged', `${path} is damaged: repair it first`);
      const before = sizeOf(path);
      const database = new BetterSqlite3(path, { fileMustExist: true });
      try {
        rewrite(database);
      } finally {
        database.close();
      }
      return { before, after: sizeOf(path) };
    });
  }

  async backup({ path }: StatePart, folder: string): Promise<void> {
    const target = join(folder, relative(this.folder, path));
    const draft = `${target}.new`;
    makeFolder(dirname(target));
    let database: BetterSqlite3.Database | undefined;
    try {
      database = new BetterSqlite3(path, { readonly: true, fileMustExist: true });
      await database.backup(draft, { progress: () => ALL_PAGES });
      renameSync(draft, target);
    } catch (cause) {
      rmSync(draft, { force: true });
      throw storageError(cause, path);
    } finally {
      database?.close();
    }
  }

  retire({ path }: StatePart, folder: string): void {
    attempting(path, () => {
      const target = join(folder, relative(this.folder, path));
      makeFolder(dirname(target));
      moveFile(path, target);
    });
  }
}

/** With what SQLite keeps beside it. */
function sizeOf(path: string): number {
  const sizes = ['', '-wal'].map((suffix) => statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0);
  return sizes.reduce((sum, size) => sum + size, 0);
}
