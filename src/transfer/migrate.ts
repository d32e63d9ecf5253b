import type { Store, StoreReader } from '../stores/store.js';
import { digestNamespace, isUnfinished, pagesOf, type RowDigest } from './namespace-rows.js';
import { replaceNamespace } from './replace-namespace.js';
import { TransferError } from './transfer-error.js';

/** Namespaces that a refusal names. */
const NAMED = 3;

/** What became of one namespace: copied now, or found to be there already, row for row. */
export interface MigratedNamespace extends RowDigest {
  readonly namespace: string;
  readonly outcome: 'copied' | 'already there';
}

export interface MigrationResult {
  /** Every namespace of the source. */
  readonly namespaces: readonly MigratedNamespace[];
  /** Names that only the target had. */
  readonly dropped: readonly string[];
}

export interface MigrateOptions {
  /**
   * Makes namespaces again that are in the target with other rows, and drops those that only the target has; otherwise
   * either ends the migration.
   */
  readonly replace: boolean;
  /** Called once the names are found to fit, before anything is written. */
  readonly onBegin?: () => void;
  /** Called after each namespace with the share done, in [0, 1]. */
  readonly onProgress?: (share: number) => void;
}

/** Where namespaces come from and go to. */
export interface Migration {
  readonly source: StoreReader;
  readonly target: Store;
  /** Reads what is on the disk of the target, as a command beside a server does. */
  readonly written: StoreReader;
}

/**
 * Copies every namespace, and holds each against its source by count and checksum, read from the disk, before it counts.
 * Nothing is written to the source. Ended at any point it can be run again: what is there and equal is left alone, what
 * is half there is made again. Rejects with `TransferError` where the target has other rows under a name and, before
 * anything is written, where it has names that the source has not: dropped there since, they would come back.
 */
export async function migrateNamespaces(
  migration: Migration,
  { replace, onBegin, onProgress }: MigrateOptions,
): Promise<MigrationResult> {
  const { source, target, written } = migration;
  const names = new Set(await source.namespaces());
  const present = new Set(await written.namespaces());
  const strangers = [...present].filter((name) => !names.has(name));
  if (strangers.length > 0 && !replace) throw new TransferError(refusalOf(strangers));
  onBegin?.();
  const migrated: MigratedNamespace[] = [];
  for (const namespace of names) {
    const digest = await digestSource(source, namespace);
    const isThere = present.has(namespace) && (await isCopied(written, namespace, digest, replace));
    if (!isThere) {
      await copyNamespace(migration, namespace, digest);
      await target.release(namespace);
    }
    migrated.push({ namespace, ...digest, outcome: isThere ? 'already there' : 'copied' });
    onProgress?.(migrated.length / names.size);
  }
  for (const namespace of strangers) await target.drop(namespace);
  return { namespaces: migrated, dropped: strangers };
}

function refusalOf(strangers: readonly string[]): string {
  const count = strangers.length;
  const named = strangers.slice(0, NAMED).join(', ') + (count > NAMED ? ', …' : '');
  const [namespaces, them] = count === 1 ? ['namespace', 'it'] : ['namespaces', 'them'];
  return `The target has ${count} ${namespaces} that the source has not (${named}); --force drops ${them} there`;
}

async function digestSource(source: StoreReader, namespace: string): Promise<RowDigest> {
  if (await isUnfinished(source, namespace)) {
    throw new TransferError(`${namespace}: an import into it was not finished: run it again, or drop it`);
  }
  return digestNamespace(source, namespace);
}

/** False: to be copied. */
async function isCopied(
  written: StoreReader,
  namespace: string,
  digest: RowDigest,
  replace: boolean,
): Promise<boolean> {
  if (await isUnfinished(written, namespace)) return false;
  const found = await digestNamespace(written, namespace);
  if (isEqual(found, digest)) return true;
  // A file that a kill left without rows is no state.
  if (replace || found.rows === 0) return false;
  throw new TransferError(
    `${namespace} is in the target with other rows; --force puts the source's in their place`,
  );
}

/** Puts a namespace of the source in the place of the target's, and takes it only if the rows read back are equal. */
async function copyNamespace(
  { source, target, written }: Migration,
  namespace: string,
  digest: RowDigest,
): Promise<void> {
  await replaceNamespace(target, namespace, pagesOf(source, namespace), async () => {
    const copied = await digestNamespace(written, namespace);
    if (!isEqual(copied, digest)) {
      throw new TransferError(
        `${namespace} did not arrive whole: ${copied.rows} rows for ${digest.rows}, or other ones`,
      );
    }
  });
}

function isEqual(left: RowDigest, right: RowDigest): boolean {
  return left.rows === right.rows && left.sha256 === right.sha256;
}
