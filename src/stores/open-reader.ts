import type { EngineFiles } from './engine-worker-data.js';
import { openJsonReader } from './json-reader.js';
import { SqliteFilesReader } from './sqlite-files-reader.js';
import { openSqliteReader } from './sqlite-reader.js';
import type { StoreReader } from './store.js';
import { templatePaths } from './templates.js';

/**
 * Reads stored state in any mode, also while a server owns the folder: takes no lock, changes nothing, makes no file.
 * Throws `StorageError` (`newer`, `damaged`, `io`) for a shared database that cannot be read.
 */
export function openFilesReader(folder: string, files: EngineFiles): StoreReader {
  switch (files.driver) {
    case 'sqlite':
      return openSqliteReader(files.path);
    case 'sqlite-files':
      return new SqliteFilesReader(templatePaths(files.template, folder));
    case 'json':
      return openJsonReader({ folder, templates: files.templates });
  }
}
