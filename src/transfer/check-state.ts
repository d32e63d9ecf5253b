import { StorageError, type StorageFailure, type StoreReader } from '../stores/store.js';
import type { StatePart, StateUpkeep } from '../stores/upkeep.js';
import { type CheckedNamespace, checkNamespace } from './check-namespace.js';
import { TransferError } from './transfer-error.js';

/** Of a file that all share; that it is so is among its problems. */
const UNREADABLE: ReadonlySet<StorageFailure> = new Set(['damaged', 'newer']);

/** What was found when everything was read. */
export interface StateReport {
  readonly whole: boolean;
  /** Files with something wrong in them. */
  readonly files: readonly FileReport[];
  /** Every namespace that could be read to its end, or as far as it went. */
  readonly namespaces: readonly NamespaceReport[];
}

export interface FileReport {
  readonly path: string;
  readonly problems: readonly string[];
  /** It is of a newer format, which is no damage. */
  readonly newer: boolean;
}

export interface NamespaceReport extends CheckedNamespace {
  readonly problem: string | null;
  readonly newer: boolean;
}

export interface CheckParts {
  readonly upkeep: StateUpkeep;
  /** Rejects with `StorageError` where the state cannot be read at all. */
  openReader(): Promise<StoreReader>;
  /** Share done, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Reads all that is stored: the files as files, then every record of every namespace. Changes nothing, also while a
 * server owns the folder. What is damaged or of a newer format is in the report.
 */
export async function checkState({ upkeep, openReader, onProgress }: CheckParts): Promise<StateReport> {
  const parts = upkeep.parts();
  const files = inspectAll(upkeep, parts, (share) => onProgress?.(share / 2));
  const namespaces = await checkNamespaces(openReader, (share) => onProgress?.(0.5 + share / 2));
  if (namespaces === undefined) return { whole: false, files, namespaces: [] };
  const whole = files.length === 0 && namespaces.every((checked) => isWholeNamespace(checked));
  return { whole, files, namespaces };
}

export function isWholeNamespace({ damaged, unfinished, problem }: NamespaceReport): boolean {
  return damaged === 0 && !unfinished && problem === null;
}

/**
 * Throws `TransferError` where something is wrong with the files: of one namespace, or of all. What is read from them
 * would be what is whole, and look as if it were all there ever was.
 */
export function assertWhole(upkeep: StateUpkeep, namespace?: string): void {
  for (const part of upkeep.parts()) {
    // A file that all share is told by its database when it is read.
    if (namespace !== undefined && part.namespace !== namespace) continue;
    const [problem] = upkeep.inspect(part);
    if (problem === undefined) continue;
    throw new TransferError(`${part.path} is damaged (${problem}): run \`neuralcache storage repair\` first`);
  }
}

function inspectAll(
  upkeep: StateUpkeep,
  parts: readonly StatePart[],
  onProgress: (share: number) => void,
): FileReport[] {
  return parts.flatMap((part, index) => {
    const report = inspectOne(upkeep, part);
    onProgress((index + 1) / parts.length);
    return report.problems.length === 0 ? [] : [report];
  });
}

/** A newer format, or a disk that fails, is one file's alone: the others are read all the same. */
function inspectOne(upkeep: StateUpkeep, part: StatePart): FileReport {
  const { path } = part;
  try {
    return { path, problems: upkeep.inspect(part), newer: false };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { path, problems: [error.message], newer: error.failure === 'newer' };
  }
}

/** Undefined where the state is too damaged to be opened. */
async function checkNamespaces(
  openReader: () => Promise<StoreReader>,
  onProgress: (share: number) => void,
): Promise<NamespaceReport[] | undefined> {
  const reader = await ifWhole(openReader());
  if (reader === undefined) return undefined;
  try {
    const names = await ifWhole(reader.namespaces());
    const checked: NamespaceReport[] = [];
    for (const namespace of names ?? []) {
      checked.push(await checkOne(reader, namespace));
      onProgress(checked.length / names!.length);
    }
    return names && checked;
  } finally {
    await reader.close();
  }
}

async function checkOne(reader: StoreReader, namespace: string): Promise<NamespaceReport> {
  try {
    return { ...(await checkNamespace(reader, namespace)), problem: null, newer: false };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const nothing = { namespace, rows: 0, bytes: 0, damaged: 0, unfinished: false };
    return { ...nothing, problem: error.message, newer: error.failure === 'newer' };
  }
}

async function ifWhole<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof StorageError && UNREADABLE.has(error.failure)) return undefined;
    throw error;
  }
}
