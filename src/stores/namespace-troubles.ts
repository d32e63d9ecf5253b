import { type NameSample, StorageError } from './store.js';

/** Names that are told; of the others their number. */
const SHOWN = 5;
/** Names that are remembered: beyond it they are not counted. */
const MOST = 10_000;

/** Which namespaces had damaged state, and which cannot be used, in an engine in which each has its own files. */
export class NamespaceTroubles {
  private readonly setAside = new Set<string>();
  private readonly unusable = new Set<string>();

  quarantined(namespace: string): void {
    if (this.setAside.size < MOST) this.setAside.add(namespace);
  }

  worked(namespace: string): void {
    this.unusable.delete(namespace);
  }

  /** Whether the failure is the namespace's alone, and not one of the disk. */
  failed(namespace: string, cause: unknown): boolean {
    const failure = cause instanceof StorageError ? cause.failure : undefined;
    if (failure !== 'newer' && failure !== 'damaged') return false;
    if (this.unusable.size < MOST) this.unusable.add(namespace);
    return true;
  }

  report(): { unusable?: NameSample; quarantined?: NameSample } {
    return {
      ...(this.unusable.size > 0 ? { unusable: sample(this.unusable) } : {}),
      ...(this.setAside.size > 0 ? { quarantined: sample(this.setAside) } : {}),
    };
  }
}

function sample(names: ReadonlySet<string>): NameSample {
  return { count: names.size, names: [...names].slice(0, SHOWN) };
}
