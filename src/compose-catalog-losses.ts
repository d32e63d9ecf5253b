import type { Logger } from 'pino';
import type { Clock } from './base/clock.js';
import type { NamespaceCatalog } from './catalog/catalog.js';
import { suspendLost } from './management/suspend-lost.js';
import type { NamespaceNames } from './namespaces/name.js';
import { lookForCatalog, traceCatalog } from './stores/catalog-trace.js';

interface LossTools {
  readonly clock: Clock;
  readonly names: NamespaceNames;
  readonly logger?: Logger;
}

/**
 * What this process knows to be lost of the catalog: its records say who is kept out, so that is never passed over. Made
 * before the catalog is opened.
 */
export class CatalogLosses {
  /** Whether the folder has, or had, a catalog when it was looked at. */
  readonly wasThere: boolean;
  private said: string | undefined;
  private isTraced = false;
  /** Whether what the audit log knows of lost records was made up for; at most one try at a time. */
  private state: 'made up' | 'to do' | 'under way' = 'made up';

  /** @param folder undefined = nothing is kept in one */
  constructor(
    private readonly folder: string | undefined,
    private readonly tools: LossTools,
  ) {
    const { isKnown, isGone } =
      folder === undefined ? { isKnown: false, isGone: false } : lookForCatalog(folder);
    this.wasThere = isKnown;
    if (!isGone) return;
    this.said =
      'the catalog of namespaces is gone from the folder and was begun anew: whoever was suspended or limited no longer is';
    tools.logger?.error({ folder }, this.said);
  }

  /** For people; undefined = nothing is known to be lost. */
  get sentence(): string | undefined {
    return this.said;
  }

  get isMadeUp(): boolean {
    return this.state === 'made up';
  }

  /** The file was damaged; `kept` rows took its place. */
  setAside(kept: number): void {
    this.said = `the catalog of namespaces was damaged and set aside; ${kept} rows of it were kept, records may be missing: who was suspended or limited may no longer be`;
    this.state = 'to do';
  }

  /** The catalog holds something: once it is gone, that is to be noticed. */
  trace(): void {
    if (!this.isTraced && this.folder !== undefined) this.isTraced = traceCatalog(this.folder);
  }

  /** After a loss, once the catalog is loaded: suspends those of whom the audit log knows more than the records. Never rejects. */
  async makeUp(catalog: NamespaceCatalog): Promise<void> {
    if (this.state !== 'to do' || !catalog.isLoaded) return;
    this.state = 'under way';
    const { clock, names, logger } = this.tools;
    try {
      const { defaultName } = names;
      const { suspended, failed } = await suspendLost(catalog, { defaultName, now: clock.now() });
      if (this.state === 'under way') this.state = 'made up';
      if (suspended.length + failed.length > 0)
        logger?.error(
          { suspended, failed },
          'records of namespaces are lost; as the audit log has it they are suspended',
        );
    } catch (error) {
      this.state = 'to do';
      logger?.error({ err: error }, 'lost records of namespaces cannot be looked for just now');
    }
  }
}
