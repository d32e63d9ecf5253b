import { existsSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ModelStoreError } from './model-store-error.js';
import { withStoreLock } from './store-lock.js';

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

  /** Sets right what a process left that ended midway: a model on its way out, files of commits other than this one. */
  tidy(commit?: string): void {
    if (existsSync(this.replaced) && !existsSync(this.target)) renameSync(this.replaced, this.target);
    rmSync(this.replaced, { recursive: true, force: true });
    if (!existsSync(this.organisation)) return;
    const prefix = `.${this.model}.`;
    const leftovers = readdirSync(this.organisation).filter(
      (name) => name.startsWith(prefix) && /^[0-9a-f]{40}\.partial$/.test(name.slice(prefix.length)),
    );
    for (const name of leftovers) {
      const path = join(this.organisation, name);
      if (commit === undefined || path !== this.staging(commit))
        rmSync(path, { recursive: true, force: true });
    }
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
    renameSync(this.target, this.replaced);
    rmSync(this.replaced, { recursive: true, force: true });
    if (readdirSync(this.organisation).length === 0) rmdirSync(this.organisation);
  }
}

/** Removes a model from the store. Rejects with `ModelStoreError` where it is not there or another process is at work. */
export async function removeStoredModel(storeDir: string, target: string, model: string): Promise<void> {
  await withStoreLock(storeDir, async () => {
    if (!existsSync(target)) throw new ModelStoreError(`${target} is not there any more`);
    new StoredFolder(target, model).remove();
  });
}
