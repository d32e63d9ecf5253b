import type { Store } from '../stores/store.js';
import type { Holdings, Stock } from './stock.js';

/** What one namespace holds of what its quotas bound; costs one look-up where it has none. */
export class StockUse {
  /** As last measured; undefined before the first time. */
  private storedBytes: number | undefined;
  /** While what waited is being written it is in neither number: until both are measured anew it is this at least. */
  private leastBytes = 0;

  /** `held`: its cells now, and the bytes of what waits to be written. */
  constructor(
    private readonly name: string,
    private readonly stock: Stock,
    private readonly store: Store,
    private readonly held: () => { readonly cells: number; readonly waitingBytes: number },
  ) {}

  /** Whether nothing may be kept that a query leaves. */
  get isFull(): boolean {
    if (!this.isBounded) return false;
    // What queries left since it was measured waits, and counts.
    if (this.storedBytes !== undefined) this.stock.note(this.name, this.now);
    return this.stock.isFull(this.name);
  }

  /**
   * To be called before what waits is written. Answers whether it may be: what queries left while it was not known what the
   * pools hold goes where they turn out to be full. Rejects with `StorageError`.
   */
  async mayWrite(): Promise<boolean> {
    if (!this.isBounded) return true;
    const wasKnown = this.storedBytes !== undefined && this.stock.isKnown(this.name);
    if (!wasKnown) {
      await this.tell();
      if (this.isFull) return false;
    }
    this.leastBytes = this.now.storedBytes;
    return true;
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

  /** Measures anew, where anything is bounded, and what others of its pools hold, where that is not known. Rejects with `StorageError`. */
  async tell(): Promise<void> {
    if (!this.isBounded) return;
    await this.measure();
    this.stock.note(this.name, this.now);
    await this.stock.settle(this.name);
  }

  private get isBounded(): boolean {
    return this.stock.quotasOf(this.name).length > 0;
  }

  private get now(): Holdings {
    const { cells, waitingBytes } = this.held();
    const storedBytes = Math.max((this.storedBytes ?? 0) + waitingBytes, this.leastBytes);
    return { cells, storedBytes };
  }

  private async measure(): Promise<void> {
    const isNeeded = this.stock.quotasOf(this.name).some(({ quota }) => quota === 'max_storage_bytes');
    if (!isNeeded) {
      this.storedBytes ??= 0;
      return;
    }
    const { bytes } = await this.store.usage(this.name);
    this.storedBytes = Object.values(bytes).reduce((sum, size) => sum + size, 0);
    this.leastBytes = 0;
  }
}
