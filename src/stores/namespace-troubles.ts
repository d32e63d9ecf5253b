import { StorageError } from './store.js';

/** Names that are remembered: beyond it they are not counted. */
const MOST = 10_000;

/** Which namespaces had damaged state, and which cannot be used. Shared state counts as one, and its failures as the disk's. */
export class NamespaceTroubles {
  private readonly setAside = new Set<string | null>();
  private readonly unusable = new Set<string>();

  /** `isShared`: all share one file; what is wrong with it is wrong for all. */
  constructor(private readonly isShared = false) {}

  /** `null`: the state that all share. */
  quarantined(namespace: string | null): void {
    if (this.setAside.size < MOST) this.setAside.add(namespace);
  }

  worked(namespace: string): void {
    this.unusable.delete(namespace);
  }

  /** Whether the failure is the namespace's alone, and not one of the disk. */
  failed(namespace: string, cause: unknown): boolean {
    const failure = cause instanceof StorageError ? cause.failure : undefined;
    if (this.isShared) return false;
    if (failure !== 'newer' && failure !== 'damaged') return false;
    if (this.unusable.size < MOST) this.unusable.add(namespace);
    return true;
  }

  /** How many. Their names are for the log: readiness is told to everyone. */
  report(): { unusable?: number; quarantined?: number } {
    return {
      ...(this.unusable.size > 0 ? { unusable: this.unusable.size } : {}),
      ...(this.setAside.size > 0 ? { quarantined: this.setAside.size } : {}),
    };
  }
}
