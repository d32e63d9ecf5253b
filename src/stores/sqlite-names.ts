import { existsSync, readdirSync } from 'node:fs';
import { listNamespaces } from './list-namespaces.js';
import { DRAFT } from './sqlite-file.js';
import type { TemplatePaths } from './templates.js';

/** What may be there of a database that is gone itself: its log, and the draft of its repair. */
const TRACES = ['-wal', DRAFT] as const;

/** The namespaces that have a database by a template, or what is left of one; in no order. Throws what the disk does. */
export function listDatabases(paths: TemplatePaths): string[] {
  const names = new Set(listNamespaces(paths));
  if (!existsSync(paths.folder)) return [];
  for (const entry of readdirSync(paths.folder)) {
    for (const trace of TRACES) {
      const name = entry.endsWith(trace) ? paths.namespaceOf(entry.slice(0, -trace.length)) : undefined;
      if (name !== undefined && existsSync(paths.pathOf(name) + trace)) names.add(name);
    }
  }
  return [...names];
}
