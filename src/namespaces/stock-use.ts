import type { Store } from '../stores/store.js';
import type { Holdings, Stock } from './stock.js';

/** What one namespace holds of what its quotas bound; costs one look-up where it has none. */
export class StockUse {
  /** As last measured. */
  private storedBytes = 0;

  /** `held`: its cells now, and the bytes of what waits to be written. */
  constructor(
    private readonly name: string,
    private readonly stock: Stock,
    private readonly store: Store,
    private readonly held: () => { readonly cells: number; readonly waitingBytes: number },
  ) {}

  /** Whether nothing may be kept that a query leaves. */
  get isFull(): boolean {
    return this.stock.isFull(this.name);
  }

  /**
   * Takes room for a feedback, until what is answered is called. Rejects with `QuotaError` where there is none, and with
   * `StorageError` where it cannot be told.
   */
  async take(added: Holdings): Promise<() => void> {
    if (!this.isBounded) return () => undefined;
    await this.measure();
    const release = await this.stock.take(this.name, this.now, added);
    return () => release(this.now);
  }

  /** Measures anew, where anything is bounded. Rejects with `StorageError`. */
  async tell(): Promise<void> {
    if (!this.isBounded) return;
    await this.measure();
    this.stock.note(this.name, this.now);
  }

  private get isBounded(): boolean {
    return this.stock.quotasOf(this.name).length > 0;
  }

  private get now(): Holdings {
    const { cells, waitingBytes } = this.held();
    return { cells, storedBytes: this.storedBytes + waitingBytes };
  }

  private async measure(): Promise<void> {
    const isNeeded = this.stock.quotasOf(this.name).some(({ quota }) => quota === 'max_storage_bytes');
    if (!isNeeded) return;
    const { bytes } = await this.store.usage(this.name);
    this.storedBytes = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  }
}
