import { byCodeUnit } from '../base/by-code-unit.js';
import type { CatalogView } from './catalog-view.js';
import type { Effective } from './effective.js';
import { Hierarchy } from './hierarchy.js';
import type { NamespaceRecord } from './record.js';
import { resolveEffective } from './resolve.js';

/** Records that come and go together. */
export interface RecordChanges {
  readonly put: readonly NamespaceRecord[];
  readonly remove: readonly string[];
}

/** The registered namespaces in memory. Records are frozen; what is asked of it remembers nothing and changes nothing. */
export class CatalogState implements CatalogView {
  private readonly hierarchy = new Hierarchy<NamespaceRecord>();
  /** Until the next change. */
  private sorted: readonly NamespaceRecord[] | undefined;

  /** Costs about 10 µs for each record. */
  constructor(records: readonly NamespaceRecord[] = []) {
    for (const record of records) this.hierarchy.put(record);
  }

  get size(): number {
    return this.hierarchy.size;
  }

  effective(name: string): Effective {
    return resolveEffective(name, this.lineOf(name));
  }

  record(id: string): NamespaceRecord | undefined {
    return this.hierarchy.get(id);
  }

  records(): readonly NamespaceRecord[] {
    this.sorted ??= this.hierarchy.sortedIds().map((id) => this.hierarchy.get(id)!);
    return this.sorted;
  }

  parentOf(name: string): string | null {
    return this.hierarchy.parentOf(name);
  }

  childrenOf(id: string): readonly string[] {
    return [...this.hierarchy.childrenOf(id)];
  }

  childCount(id: string): number {
    return this.hierarchy.childrenOf(id).length;
  }

  belowCount(id: string): number {
    return this.hierarchy.belowCount(id);
  }

  descendantsOf(id: string): readonly string[] {
    return this.below(id).sort(byCodeUnit);
  }

  /** As `descendantsOf`, in no particular order. */
  below(id: string): string[] {
    return this.hierarchy.descendantsOf(id);
  }

  pathOf(id: string): string {
    return this.hierarchy.pathOf(id);
  }

  /** Ids above a name, the nearest first. */
  ancestorsOf(name: string): string[] {
    return this.hierarchy.ancestorsOf(name);
  }

  /** Most registered namespaces in a line below it; 0 = none is. */
  heightOf(id: string): number {
    return this.hierarchy.heightOf(id);
  }

  /** Whether its line upwards never ends; then nothing that follows that line may be asked. */
  circleAt(id: string): boolean {
    return this.hierarchy.circleAt(id);
  }

  apply({ put, remove }: RecordChanges): void {
    this.sorted = undefined;
    for (const id of remove) this.hierarchy.remove(id);
    for (const record of put) this.hierarchy.put(record);
  }

  /** What `look` sees of the catalog as it would become; then it is as it was. Costs twice what the change costs. */
  trial<R>(changes: RecordChanges, look: () => R): R {
    const before = new Map(
      [...changes.remove, ...changes.put.map(({ id }) => id)].map((id) => [id, this.record(id)] as const),
    );
    try {
      this.apply(changes);
      return look();
    } finally {
      const ids = [...before.keys()];
      const known = [...before.values()].filter((record) => record !== undefined);
      this.apply({ remove: ids.filter((id) => before.get(id) === undefined), put: known });
    }
  }

  private lineOf(name: string): NamespaceRecord[] {
    const own = this.hierarchy.get(name);
    const above = this.hierarchy.ancestorsOf(name).map((id) => this.hierarchy.get(id)!);
    return own === undefined ? above : [own, ...above];
  }
}
