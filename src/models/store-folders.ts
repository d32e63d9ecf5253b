import { existsSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseModelName } from './model-name.js';
import { ModelStoreError } from './model-store-error.js';
import { withStoreLock } from './store-lock.js';

const PARTIAL = /^[0-9a-f]{40}\.partial$/;

/**
 * Where a model of the store lies, and what lies beside it while it changes. Names that begin with a dot are no models.
 * To be used by the one process that has the store's lock.
 */
export class StoredFolder {
  readonly target: string;
  private readonly organisation: string;
  private readonly replaced: string;

  /** @param target `STORE/ORG/NAME`, absolute */
  constructor(
    target: string,
    private readonly model: string,
  ) {
    this.target = target;
    this.organisation = dirname(target);
    this.replaced = join(this.organisation, `.${model}.replaced`);
  }

  /** Where the files of a commit are gathered until all are there. */
  staging(commit: string): string {
    return join(this.organisation, `.${this.model}.${commit}.partial`);
  }

  /** Folders of pulls that did not come to their end. */
  unfinished(): string[] {
    if (!existsSync(this.organisation)) return [];
    const prefix = `.${this.model}.`;
    return readdirSync(this.organisation)
      .filter((name) => name.startsWith(prefix) && PARTIAL.test(name.slice(prefix.length)))
      .map((name) => join(this.organisation, name));
  }

  /** Sets right what a process left that ended midway: a model on its way out, files of commits other than this one. */
  tidy(commit?: string): void {
    if (existsSync(this.replaced) && !existsSync(this.target)) renameSync(this.replaced, this.target);
    rmSync(this.replaced, { recursive: true, force: true });
    const kept = commit === undefined ? undefined : this.staging(commit);
    for (const path of this.unfinished()) if (path !== kept) rmSync(path, { recursive: true, force: true });
  }

  /**
   * Puts what was gathered in the place of what is there. Whoever looks sees all of the one or all of the other, or for a
   * moment nothing; a process that ends at that moment is made up for by `tidy`.
   */
  install(commit: string): void {
    if (existsSync(this.target)) renameSync(this.target, this.replaced);
    try {
      renameSync(this.staging(commit), this.target);
    } catch (cause) {
      this.tidy(commit);
      throw cause;
    }
    rmSync(this.replaced, { recursive: true, force: true });
  }

  /** Removes the model with all that lies beside it, and the organisation's folder if it was its last. */
  remove(): void {
    this.tidy();
    if (existsSync(this.target)) renameSync(this.target, this.replaced);
    rmSync(this.replaced, { recursive: true, force: true });
    if (readdirSync(this.organisation).length === 0) rmdirSync(this.organisation);
  }
}

/**
 * Removes a model (`ORG/NAME`) from the store, or what an unfinished pull left of it. Rejects with `ModelStoreError` where
 * there is neither, or another process is at work.
 */
export async function removeStoredModel(storeDir: string, name: string): Promise<void> {
  await withStoreLock(storeDir, async () => {
    const folder = storedFolderOf(storeDir, name);
    if (folder === undefined || !isStored(folder)) {
      throw new ModelStoreError(`${name} is not in the model store ${storeDir}`);
    }
    folder.remove();
  });
}

/** Whether the store has a model of that name, or an unfinished pull. */
export function isInStore(storeDir: string, name: string): boolean {
  const folder = storedFolderOf(storeDir, name);
  return folder !== undefined && isStored(folder);
}

function isStored(folder: StoredFolder): boolean {
  return existsSync(folder.target) || folder.unfinished().length > 0;
}

function storedFolderOf(storeDir: string, name: string): StoredFolder | undefined {
  const parsed = parseModelName(name);
  if (parsed === undefined || parsed.revision !== undefined) return undefined;
  return new StoredFolder(join(storeDir, parsed.organisation, parsed.model), parsed.model);
}
