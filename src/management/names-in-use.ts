import { byCodeUnit } from '../base/by-code-unit.js';
import { AppError } from '../base/errors.js';
import type { CatalogView } from '../catalog/catalog-view.js';
import type { ManagementOptions } from './management-options.js';
import { asked } from './store-trouble.js';

/** How long the store's names are good for: lists are read page by page. */
const MAX_AGE_MS = 1000;

/**
 * The namespaces that there are without anybody having registered them: stored, or in memory; and the default one, which
 * there always is. Registered ones may be among them.
 */
export class NamesInUse {
  private stored: ReadonlySet<string> = new Set();
  /** When what is known was read; undefined = never. */
  private readAt: number | undefined;
  private reading: Promise<void> | undefined;
  /** Goes up when what is being read no longer holds. */
  private edition = 0;

  constructor(private readonly options: Pick<ManagementOptions, 'store' | 'residents' | 'names' | 'clock'>) {}

  /** Sorted by code unit. What was stored within the last second may be missing unless it is in memory. 503 where they cannot be read. */
  async all(): Promise<string[]> {
    const { readAt = Number.NEGATIVE_INFINITY, options } = this;
    if (options.clock.now() - readAt >= MAX_AGE_MS) await this.read();
    return this.list();
  }

  /** As `all`, with all that is stored by now. */
  async allNow(): Promise<string[]> {
    await this.read();
    return this.list();
  }

  private get isRead(): boolean {
    return this.readAt !== undefined;
  }

  private list(): string[] {
    const { residents, names } = this.options;
    return [...new Set([...this.stored, ...residents.names(), names.defaultName])].sort(byCodeUnit);
  }

  /** Whether there is such a namespace by now. Costs reading all names where nobody has met this one. */
  async has(name: string): Promise<boolean> {
    if (this.mayHave(name)) return true;
    await this.read();
    return this.mayHave(name);
  }

  /**
   * For those who may use only what there is: as far as that is known without waiting. Throws `AppError` 503 for a name that
   * nobody has met while no list could be read yet; see `learn`.
   */
  known(name: string): boolean {
    if (this.mayHave(name)) return true;
    if (this.isRead) return false;
    throw new AppError('UNAVAILABLE', 'The names of namespaces cannot be read just now; try again');
  }

  /** Reads the names, unless that was done. 503 where they cannot be read. */
  async learn(): Promise<void> {
    if (!this.isRead) await this.read();
  }

  /** As far as that is known without waiting. */
  mayHave(name: string): boolean {
    const { residents, names } = this.options;
    return name === names.defaultName || this.stored.has(name) || residents.peek(name) !== undefined;
  }

  /** Nothing is stored of it any more. */
  forget(name: string): void {
    this.stored = new Set([...this.stored].filter((other) => other !== name));
    if (this.isRead) this.readAt = Number.NEGATIVE_INFINITY;
    this.edition++;
  }

  private read(): Promise<void> {
    this.reading ??= this.readAll().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readAll(): Promise<void> {
    const { store, clock } = this.options;
    for (;;) {
      const { edition } = this;
      const at = clock.now();
      const stored = new Set(await asked(store.namespaces()));
      // Whoever waits for the list wants what holds now: a purge in between is rare, and makes it be read again.
      if (this.edition !== edition) continue;
      this.stored = stored;
      this.readAt = at;
      return;
    }
  }
}

/**
 * How many of these names stand below a namespace without being registered: what holds for a family holds for them too,
 * and once it is gone they would be free of it.
 */
export function usedBelow(
  id: string,
  names: readonly string[],
  catalog: Pick<CatalogView, 'record'>,
): number {
  return names.filter((name) => name.startsWith(`${id}.`) && catalog.record(name) === undefined).length;
}

/** Throws `AppError` 409 where there are such names. Registered ones alone the catalog refuses by itself. */
export function refuseUsedBelow(
  id: string,
  names: readonly string[],
  catalog: Pick<CatalogView, 'record' | 'descendantsOf'>,
): void {
  const used = usedBelow(id, names, catalog);
  if (used === 0) return;
  const count = catalog.descendantsOf(id).length + used;
  throw new AppError('CONFLICT', `Namespace has ${count} below it: ${id}`);
}
