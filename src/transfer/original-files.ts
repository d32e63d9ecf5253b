import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readOriginalDatabase } from './original-database.js';
import { readOriginalJson } from './original-json.js';
import { NotOriginal, type OriginalPart } from './original-part.js';
import { TransferError } from './transfer-error.js';

/** What the original kept of one namespace. */
export interface OriginalNamespace extends OriginalPart {
  readonly namespace: string;
  /** Where it was found, by name within the folder. */
  readonly files: readonly string[];
  /** Whether the original kept other namespaces in the same place: its database knew none. */
  readonly shared: boolean;
}

export interface OriginalState {
  /** Sorted by name. */
  readonly namespaces: readonly OriginalNamespace[];
  /** Files that could not be read, with the reason in words. */
  readonly leftOut: readonly { readonly file: string; readonly reason: string }[];
}

export interface OriginalPlace {
  /** The original's `STORAGE_DIR`, or one of its files. */
  readonly path: string;
  /** Namespace of files whose name says none. */
  readonly defaultNamespace: string;
  /** File names with `{namespace}`, as in the settings that both programs have. */
  readonly templates: readonly string[];
}

interface FoundPart extends OriginalPart {
  readonly file: string;
  readonly namespace: string;
  readonly shared: boolean;
}

const PLAIN_FILES: readonly string[] = ['narrative.json', 'pheromones.json'];
const DATABASE = /\.(db|sqlite3?)$/i;
const MAGIC = 'SQLite format 3\0';

/**
 * Reads what the Python original stored, in JSON files or in its database, and changes nothing. Throws `TransferError`
 * where there is nothing of it, or two files claim the same part of one namespace. Cost: all of it is held in memory.
 */
export function readOriginal(place: OriginalPlace): OriginalState {
  const { folder, files } = filesAt(place);
  const found: FoundPart[] = [];
  const leftOut: { file: string; reason: string }[] = [];
  for (const file of files) {
    try {
      found.push(readPart(join(folder, file), file, place));
    } catch (cause) {
      if (!(cause instanceof NotOriginal)) throw cause;
      leftOut.push({ file, reason: cause.message });
    }
  }
  if (found.length === 0) {
    const reasons = leftOut.map(({ file, reason }) => `${file} ${reason}`);
    const why = reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
    throw new TransferError(`${place.path} holds no state of the Python original${why}`);
  }
  return { namespaces: joinParts(found), leftOut };
}

function filesAt({ path, templates }: OriginalPlace): { folder: string; files: string[] } {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new TransferError(`${path} does not exist`);
  if (!stats.isDirectory() && !stats.isFile()) throw new TransferError(`${path} is no file and no folder`);
  if (!stats.isDirectory()) return { folder: join(path, '..'), files: [basename(path)] };
  const names = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .filter((name) => isCandidate(name, templates));
  return { folder: path, files: names.sort() };
}

function isCandidate(name: string, templates: readonly string[]): boolean {
  return PLAIN_FILES.includes(name) || DATABASE.test(name) || namespaceIn(name, templates) !== undefined;
}

/** The namespace that a file's name holds; the original put names into paths as they are. */
function namespaceIn(file: string, templates: readonly string[]): string | undefined {
  for (const template of templates) {
    const [before, after, ...more] = template.split('{namespace}');
    if (after === undefined || more.length > 0 || !file.startsWith(before!) || !file.endsWith(after))
      continue;
    const name = file.slice(before!.length, file.length - after.length);
    if (name.length > 0 && file.length > before!.length + after.length) return name;
  }
  return undefined;
}

function readPart(path: string, file: string, { defaultNamespace, templates }: OriginalPlace): FoundPart {
  const shared = isDatabase(path);
  const part = shared ? readOriginalDatabase(path) : readOriginalJson(path);
  const namespace = (shared ? undefined : namespaceIn(file, templates)) ?? defaultNamespace;
  return { ...part, file, namespace, shared };
}

function isDatabase(path: string): boolean {
  const head = Buffer.alloc(MAGIC.length);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, head.length, 0);
  } finally {
    closeSync(file);
  }
  return head.toString('latin1') === MAGIC;
}

function joinParts(parts: readonly FoundPart[]): OriginalNamespace[] {
  const names = [...new Set(parts.map(({ namespace }) => namespace))].sort();
  return names.map((namespace) => {
    const own = parts.filter((part) => part.namespace === namespace);
    const narratives = own.filter((part) => part.narrative !== null);
    const maps = own.filter((part) => part.pheromones.length > 0);
    for (const rivals of [narratives, maps]) refuseRivals(namespace, rivals);
    return {
      namespace,
      files: own.map(({ file }) => file),
      shared: own.some((part) => part.shared),
      narrative: narratives[0]?.narrative ?? null,
      pheromones: maps[0]?.pheromones ?? [],
      unreadable: own.reduce((sum, part) => sum + part.unreadable, 0),
    };
  });
}

/** The original used one backend at a time; which of two it used last cannot be told. */
function refuseRivals(namespace: string, rivals: readonly FoundPart[]): void {
  if (rivals.length < 2) return;
  const files = rivals.map(({ file }) => file).join(' and ');
  throw new TransferError(`${files} both hold state of ${namespace}: name the file that counts`);
}
