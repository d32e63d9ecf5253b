import { ManualClock } from '../../src/base/clock.js';
import { answerCatalogCall } from '../../src/stores/catalog-calls.js';
import { CatalogFile, type CatalogFileOptions } from '../../src/stores/catalog-file.js';
import { catalogPath } from '../../src/stores/catalog-schema.js';
import { WorkerCatalog } from '../../src/stores/worker-catalog.js';
import { makeFolder } from './sqlite-harness.js';

/** A folder of its own for each test, with a catalog's file that is driven in this thread. */
export class CatalogHome {
  readonly clock = new ManualClock();
  /** Where a file was moved to, and the rows that took its place. */
  readonly setAside: [string, number][] = [];
  replaced = 0;
  private readonly place = makeFolder();
  private readonly opened: CatalogFile[] = [];

  get folder(): string {
    return this.place.folder;
  }

  get path(): string {
    return catalogPath(this.folder);
  }

  openFile(options: Partial<CatalogFileOptions> = {}): CatalogFile {
    const file = new CatalogFile({
      path: this.path,
      clock: this.clock,
      onQuarantined: (_path, newPath, kept) => this.setAside.push([newPath, kept]),
      onReplaced: () => {
        this.replaced += 1;
      },
      ...options,
    });
    this.opened.push(file);
    return file;
  }

  /** The store over a file in this thread: what the worker does, without the worker. */
  async openCatalog(file = this.openFile()): Promise<WorkerCatalog> {
    const catalog = new WorkerCatalog({
      post: async (call) => structuredClone(answerCatalogCall(file, structuredClone(call))),
      stop: async () => {},
    });
    await catalog.open();
    return catalog;
  }

  remove(): void {
    for (const file of this.opened) file.close();
    this.place.remove();
  }
}
