import type { Files } from './files.js';
import { decodeRecord, frameOf, type Summary } from './json-format.js';
import type { JsonPaths } from './json-paths.js';
import { readRecords, recordSeed } from './records.js';

/** Holds the first record of a checkpoint's file, whatever the name. */
const HEADER_BYTES = 2048;

/**
 * A namespace's summary from the head of one of its files; undefined where there is a journal, which says more, or no
 * such head: then all of it has to be read. Throws `StorageError` (`newer`) and what the file system throws.
 */
export function readSummary(files: Files, paths: JsonPaths, namespace: string): Summary | undefined {
  if (files.facts(paths.pathOf(namespace, 'journal'))) return undefined;
  const head = files.readStart(paths.pathOf(namespace, 'pheromones'), HEADER_BYTES);
  let summary: Summary | undefined;
  if (!head) return undefined;
  readRecords(head, recordSeed(namespace, 'pheromones'), frameOf('pheromones'), (json) => {
    const record = decodeRecord(json);
    if ('header' in record) summary = record.header.summary;
  });
  return summary;
}
