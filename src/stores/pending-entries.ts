import type { OwnedEntry } from './cache-queries.js';

/** What an entry takes besides its value, about. */
const OVERHEAD_BYTES = 400;

/** Entries on their way to a disk, bounded in bytes: the oldest make room for the newest. */
export class PendingEntries {
  /** By namespace and key; the first was put first. */
  private readonly entries = new Map<string, OwnedEntry>();
  private size = 0;

  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return this.size;
  }

  get count(): number {
    return this.entries.size;
  }

  get(namespace: string, key: string): OwnedEntry | undefined {
    return this.entries.get(nameOf(namespace, key));
  }

  /** Answers how many entries had to go for it; 1 with nothing changed where it is larger than all may be. */
  add(entry: OwnedEntry): number {
    if (sizeOf(entry) > this.maxBytes) return 1;
    const name = nameOf(entry.namespace, entry.key);
    this.remove(name);
    this.entries.set(name, entry);
    this.size += sizeOf(entry);
    let lost = 0;
    for (const oldest of this.entries.keys()) {
      if (this.size <= this.maxBytes) break;
      this.remove(oldest);
      lost += 1;
    }
    return lost;
  }

  /** The oldest entries, of `bytes` or a little more; they are not pending any longer. */
  take(bytes: number): OwnedEntry[] {
    const taken: OwnedEntry[] = [];
    const goal = this.size - bytes;
    for (const [name, entry] of this.entries) {
      if (this.size <= goal) break;
      taken.push(entry);
      this.remove(name);
    }
    return taken;
  }

  removeWhere(isMeant: (entry: OwnedEntry) => boolean): void {
    for (const [name, entry] of this.entries) if (isMeant(entry)) this.remove(name);
  }

  private remove(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    this.entries.delete(name);
    this.size -= sizeOf(entry);
  }
}

/** Of both, so that no two pairs give the same. */
function nameOf(namespace: string, key: string): string {
  return `${namespace.length}:${namespace}${key}`;
}

function sizeOf({ value }: OwnedEntry): number {
  return value.byteLength + OVERHEAD_BYTES;
}
