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
  readonly files: readonly { readonly path: string; readonly problems: readonly string[] }[];
  /** Every namespace that could be read to its end, or as far as it went. */
  readonly namespaces: readonly (CheckedNamespace & { readonly problem: string | null })[];
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
  const areWhole = namespaces.every(({ damaged, unfinished, problem }) => {
    return damaged === 0 && !unfinished && problem === null;
  });
  return { whole: files.length === 0 && areWhole, files, namespaces };
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
): StateReport['files'] {
  return parts.flatMap((part, index) => {
    const problems = problemsOf(upkeep, part);
    onProgress((index + 1) / parts.length);
    return problems.length === 0 ? [] : [{ path: part.path, problems }];
  });
}

/** A newer format, or a disk that fails, is one file's alone: the others are read all the same. */
function problemsOf(upkeep: StateUpkeep, part: StatePart): readonly string[] {
  try {
    return upkeep.inspect(part);
  } catch (error) {
    if (error instanceof StorageError) return [error.message];
    throw error;
  }
}

/** Undefined where the state is too damaged to be opened. */
async function checkNamespaces(
  openReader: () => Promise<StoreReader>,
  onProgress: (share: number) => void,
): Promise<StateReport['namespaces'] | undefined> {
  const reader = await ifWhole(openReader());
  if (reader === undefined) return undefined;
  try {
    const names = await ifWhole(reader.namespaces());
    const checked: StateReport['namespaces'][number][] = [];
    for (const namespace of names ?? []) {
      checked.push(await checkOne(reader, namespace));
      onProgress(checked.length / names!.length);
    }
    return names && checked;
  } finally {
    await reader.close();
  }
}

async function checkOne(reader: StoreReader, namespace: string): Promise<StateReport['namespaces'][number]> {
  try {
    return { ...(await checkNamespace(reader, namespace)), problem: null };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const nothing = { namespace, rows: 0, bytes: 0, damaged: 0, unfinished: false };
    return { ...nothing, problem: error.message };
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
