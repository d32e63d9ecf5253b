import type { Files } from './files.js';
import {
  decodeRecord,
  type FilePart,
  type FileRecord,
  frameOf,
  type Header,
  type JournalEntry,
  PARTS,
  type Part,
  type PlacedRow,
  partOf,
} from './json-format.js';
import type { JournalFacts } from './json-journal.js';
import { type JsonPaths, NEXT } from './json-paths.js';
import { JsonRows } from './json-rows.js';
import { readRecords, recordSeed, unfinishedBytes } from './records.js';
import type { Kind } from './store.js';

/** A namespace as its files tell it. */
export interface LoadedNamespace {
  readonly rows: JsonRows;
  /** Number of the last journal entry that is known of. */
  readonly entry: number;
  /** Of the newest checkpoint's file, whole or not. */
  readonly generation: number;
  /** undefined = there is none. */
  readonly journal: JournalFacts | undefined;
  /** Files that were not as they were written. */
  readonly damaged: readonly string[];
  /** Files that should be there and are not, or are older than what was built on them. */
  readonly missing: readonly string[];
  readonly hasFiles: boolean;
}

interface PartFile {
  readonly path: string;
  readonly isWhole: boolean;
  readonly generation: number;
  /** Last journal entry it covers; undefined where that was lost. */
  readonly entry: number | undefined;
  readonly rows: readonly PlacedRow[];
}

interface Journal extends JournalContent {
  readonly facts: JournalFacts;
}

interface JournalContent {
  readonly isWhole: boolean;
  /** Last entry before it. */
  readonly after: number;
  readonly last: number;
  readonly entries: readonly JournalEntry[];
}

/** Files that do not fit together may have been changed between two looks: so often they are read again. */
const MAX_READINGS = 5;

/** `loadNamespace` of files that another process may be changing. */
export function loadServed(files: Files, paths: JsonPaths, namespace: string): LoadedNamespace {
  for (let n = 1; ; n += 1) {
    const loaded = loadNamespace(files, paths, namespace);
    if (loaded.damaged.length + loaded.missing.length === 0 || n === MAX_READINGS) return loaded;
  }
}

/**
 * Reads a namespace: of the newest generation of which all three parts are whole, then the journal's entries after it.
 * Where no generation is whole, of each part the newest whole file, or the rows that are whole. Changes nothing. Throws
 * `StorageError` (`newer`), and what the file system throws. Costs the size of the files.
 */
export function loadNamespace(files: Files, paths: JsonPaths, namespace: string): LoadedNamespace {
  // The journal first: a checkpoint that is moved into place meanwhile covers all of it.
  const journal = readJournal(files, paths.pathOf(namespace, 'journal'), namespace);
  const dropped = journal?.entries.findLast((entry) => entry.drop)?.number ?? 0;
  const found = (ending: string) =>
    PARTS.map((part) => readPart(files, paths.pathOf(namespace, part) + ending, namespace, part));
  const mains = found('');
  const isFirst = journal?.after === 0 && mains.every((file) => file === undefined);
  const nexts = found(NEXT);
  const candidates = PARTS.map((_, index) => ({ main: mains[index], next: nexts[index] }));
  const chosen = choose(candidates, isFirst);

  const reached = Math.max(dropped, journal?.last ?? 0);
  const covered = Math.max(0, ...chosen.map((file) => file?.entry ?? 0));
  const known = candidates.flatMap(({ main, next }) => [main, next].filter((file) => file !== undefined));
  const missing: string[] = [];
  const damaged: string[] = [];
  PARTS.forEach((part, index) => {
    const file = chosen[index];
    const { main } = candidates[index]!;
    const base = Math.max(dropped, file?.entry ?? 0);
    const isBehind = base < (journal?.after ?? 0) || Math.max(base, reached) < covered;
    if (main && !main.isWhole) damaged.push(main.path);
    else if (file && !file.isWhole) damaged.push(file.path);
    else if (isBehind || (!file && !journal && known.length > 0)) missing.push(paths.pathOf(namespace, part));
  });
  if (journal && !journal.isWhole) damaged.push(paths.pathOf(namespace, 'journal'));

  // What an operating system that crashed left of it adds nothing, and the next entry would not follow its last one.
  const isSuperseded = reached < covered && chosen.every((file, index) => file === mains[index]);

  return {
    rows: rowsOf(namespace, chosen, journal?.entries ?? []),
    entry: Math.max(covered, reached),
    generation: Math.max(0, ...known.map((file) => file.generation)),
    journal: journal && (isSuperseded ? { ...journal.facts, kept: 0 } : journal.facts),
    damaged,
    missing,
    hasFiles: known.length > 0 || journal !== undefined,
  };
}

interface Candidates {
  readonly main: PartFile | undefined;
  readonly next: PartFile | undefined;
}

/**
 * Of each part the file it is taken from. A `.next` counts as part of a whole generation, or where there is nothing
 * else; not where the first checkpoint was under way, for then the journal has it all.
 */
function choose(candidates: readonly Candidates[], isFirst: boolean): (PartFile | undefined)[] {
  const wholes = candidates.map(({ main, next }) => [main, next].filter((file) => file?.isWhole));
  const generations = wholes[0]!.map((file) => file!.generation).sort((a, b) => b - a);
  const complete = generations.find((generation) =>
    wholes.every((files) => files.some((file) => file!.generation === generation)),
  );
  return candidates.map(({ main, next }, index) => {
    if (complete !== undefined) return wholes[index]!.find((file) => file!.generation === complete);
    return isFirst ? undefined : (wholes[index]![0] ?? main ?? next);
  });
}

function rowsOf(
  namespace: string,
  chosen: readonly (PartFile | undefined)[],
  entries: readonly JournalEntry[],
): JsonRows {
  const rows = new JsonRows(namespace);
  rows.addAll(chosen.flatMap((file) => file?.rows ?? []));
  // Rows that were lost may be in the journal still: for a part that is not whole all of it is read again.
  const coveredBy = (file: PartFile | undefined) => (file?.isWhole ? (file.entry ?? 0) : 0);
  const from = Object.fromEntries(PARTS.map((part, index) => [part, coveredBy(chosen[index])])) as Record<
    Part,
    number
  >;
  for (const entry of entries) rows.apply(entry, (kind: Kind) => entry.number > from[partOf(kind)]);
  return rows;
}

function readPart(files: Files, path: string, namespace: string, part: Part): PartFile | undefined {
  const bytes = files.read(path);
  if (!bytes) return undefined;
  const rows: PlacedRow[] = [];
  let header: Header | undefined;
  let footer: { rows: number; generation: number; entry: number } | undefined;
  const isFramed = readFile(bytes, namespace, part, (record) => {
    if ('placed' in record) rows.push(record.placed);
    else if ('header' in record) header = record.header;
    else if ('footer' in record) footer = record.footer;
  });
  const isWhole = isFramed && header !== undefined && footer?.rows === rows.length;
  const { generation = 0, entry } = { ...footer, ...header };
  return { path, isWhole, generation, entry, rows };
}

function readJournal(files: Files, path: string, namespace: string): Journal | undefined {
  const facts = files.facts(path);
  const bytes = facts && files.read(path);
  if (!bytes) return undefined;
  const kept = bytes.length - unfinishedBytes(bytes, recordSeed(namespace, 'journal'));
  const finished = readEntries(bytes.subarray(0, kept), namespace);
  if (finished.isWhole) return { ...finished, facts: { ...facts, bytes: bytes.length, kept } };
  // Where other things are wrong with it, of the last record too counts what proves itself.
  return { ...readEntries(bytes, namespace), facts: { ...facts, bytes: bytes.length, kept: bytes.length } };
}

function readEntries(bytes: Buffer, namespace: string): JournalContent {
  const entries: JournalEntry[] = [];
  let header: Header | undefined;
  let last = 0;
  let isOrdered = true;
  const isFramed = readFile(bytes, namespace, 'journal', (record) => {
    if ('header' in record) header = record.header;
    if (!('entry' in record)) return;
    const { number } = record.entry;
    isOrdered &&= last === 0 || number === last + 1;
    if (number <= last) return;
    last = number;
    entries.push(record.entry);
  });
  const first = entries[0]?.number;
  const after = header?.entry ?? (first === undefined ? 0 : first - 1);
  isOrdered &&= first === undefined || first === after + 1;
  const isWhole = bytes.length === 0 || (isFramed && isOrdered && header !== undefined);
  return {
    isWhole,
    after,
    last: Math.max(last, after),
    entries,
  };
}

function readFile(
  bytes: Buffer,
  namespace: string,
  part: FilePart,
  use: (record: FileRecord) => void,
): boolean {
  return readRecords(bytes, recordSeed(namespace, part), frameOf(part), (json) => use(decodeRecord(json)));
}
