import type { JsonNamespace } from './json-namespace.js';

export interface OpenBounds {
  /** Most namespaces. */
  readonly count: number;
  /** Most bytes of values in all of them; one alone may have more. */
  readonly bytes: number;
}

/** The namespaces whose rows are in memory, the one used longest ago first, within bounds. */
export class OpenNamespaces {
  private readonly byName = new Map<string, JsonNamespace>();
  private readonly bytesOf = new Map<string, number>();
  private bytes = 0;

  constructor(
    private readonly bounds: OpenBounds,
    /** Called for every one that has to make room. */
    private readonly onEvicted: (namespace: JsonNamespace) => void,
  ) {}

  peek(name: string): JsonNamespace | undefined {
    return this.byName.get(name);
  }

  names(): string[] {
    return [...this.byName.keys()];
  }

  /** Makes it the one used last, with the size it has now; others go while they are too many. */
  touch(namespace: JsonNamespace): void {
    const { name } = namespace;
    this.forget(name);
    const size = namespace.rows.bytes;
    this.byName.set(name, namespace);
    this.bytesOf.set(name, size);
    this.bytes += size;
    for (const other of this.byName.values()) {
      const isOver = this.byName.size > this.bounds.count || this.bytes > this.bounds.bytes;
      if (!isOver || other === namespace) return;
      this.forget(other.name);
      this.onEvicted(other);
    }
  }

  forget(name: string): void {
    this.bytes -= this.bytesOf.get(name) ?? 0;
    this.bytesOf.delete(name);
    this.byName.delete(name);
  }
}
