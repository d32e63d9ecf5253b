import type { CatalogChange } from '../stores/catalog-store.js';
import type { Effective } from './effective.js';
import type { NamespaceRecord } from './record.js';

/** What can be asked of the registered namespaces as they are at one time. Nothing waits. */
export interface CatalogView {
  /** What holds for a name, registered or not. */
  effective(name: string): Effective;
  /** Frozen; undefined = not registered. */
  record(id: string): NamespaceRecord | undefined;
  /** All, sorted by id (code unit). Not to be changed. */
  records(): readonly NamespaceRecord[];
  /** The registered namespace that a name (registered or not) stands below; null = it stands at the top. */
  parentOf(name: string): string | null;
  /** Registered ones directly below, sorted; costs as much as there are. */
  childrenOf(id: string): readonly string[];
  /** Registered ones below at any depth, sorted. */
  descendantsOf(id: string): readonly string[];
  /** How many `childrenOf` has; costs nothing. */
  childCount(id: string): number;
  /** How many `descendantsOf` are. A look-up. */
  belowCount(id: string): number;
  /** From the top, as in `acme/search`. */
  pathOf(id: string): string;
}

/** Who changes the catalog. */
export interface Author {
  /** No secret: `token:<16 hex>`, `cli:<user>`, `file` or `system`. */
  readonly actor: string;
  readonly requestId: string;
}

/** What is told of a change; without `before` or `after` it is null. */
export interface AuditNote {
  /** As in `namespace.create`. */
  readonly action: string;
  /** Empty where it is about no namespace. */
  readonly namespace: string;
  /** JSON values, without secrets. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What a change writes, all at once or not at all. */
export interface CatalogEdit<R> {
  /** Whole records. `created_at` of a new one, `updated_at` and `revision` are set by the catalog. */
  readonly put?: readonly NamespaceRecord[];
  /** Ids, whose usage goes with them. */
  readonly remove?: readonly string[];
  /** Other rows: answers to be repeated, …; not kind `namespace` and no appends. */
  readonly rows?: readonly CatalogChange[];
  /** One at least for each record in `put`: revisions of records made later start behind them. */
  readonly audit?: readonly AuditNote[];
  /** A namespace whose older audit entries lose their values; those of `audit` above keep theirs. */
  readonly redact?: string;
  /** True: it is checked as if it were made, and nothing is written. */
  readonly isTrial?: boolean;
  /** What `change` resolves with, unless `becoming` says otherwise. */
  readonly result: R;
  /** Sees the catalog as it would become, and may say the result and further rows from it. */
  readonly becoming?: (catalog: CatalogView) => {
    readonly result?: R;
    readonly rows?: readonly CatalogChange[];
  };
}
