import type { NamespaceScorer, Scorer } from '../scorers/scorer.js';
import { TextCache } from '../scorers/text-cache.js';
import type { DocumentFrequencies } from '../text/document-frequencies.js';
import { NamespaceCaches } from './namespace-caches.js';
import { QueryMemo } from './query-memo.js';

/** What a namespace ranks with, and keeps nothing of that cannot be made again. */
export interface Workbench {
  readonly texts: TextCache;
  readonly queries: QueryMemo;
  readonly scorer: NamespaceScorer;
  readonly caches: NamespaceCaches;
}

export interface WorkbenchOptions {
  readonly namespace: string;
  readonly scorer: Scorer;
  readonly frequencies: DocumentFrequencies;
  /** Dimension of the key encoder. */
  readonly dimension: number;
  readonly maxTextBytes: number;
  readonly maxPairBytes: number;
  readonly maxQueryBytes: number;
  readonly cacheTtlMs: () => number | undefined;
}

/** Where no entry fits: everything is worked out for the request that needs it, and goes with it. */
const NO_ROOM = 1;

/** One whose caches keep what they may, or, with `keeps` false, nothing. */
export function openWorkbench(options: WorkbenchOptions, keeps: boolean): Workbench {
  const { namespace, scorer, frequencies, dimension, cacheTtlMs } = options;
  const bytes = (maxBytes: number) => (keeps ? maxBytes : NO_ROOM);
  const texts = new TextCache({ maxBytes: bytes(options.maxTextBytes) });
  const queries = new QueryMemo(dimension, bytes(options.maxQueryBytes));
  const opened = scorer.open({
    namespace,
    texts,
    frequencies,
    queryVectors: queries.vectors,
    maxPairBytes: bytes(options.maxPairBytes),
    cacheTtlMs,
  });
  return { texts, queries, scorer: opened, caches: new NamespaceCaches(texts, queries, opened) };
}

/** The bench of a namespace whose caches may be turned off and on; turned off, they are empty. */
export class Workbenches {
  current: Workbench;
  private readonly opened: { readonly keeping: Workbench; forgetting?: Workbench };

  constructor(private readonly options: WorkbenchOptions) {
    this.current = openWorkbench(options, true);
    this.opened = { keeping: this.current };
  }

  use(keeps: boolean): void {
    const { opened } = this;
    if (!keeps) opened.forgetting ??= openWorkbench(this.options, false);
    const wanted = keeps ? opened.keeping : opened.forgetting!;
    if (wanted === this.current) return;
    this.current.caches.clear();
    this.current = wanted;
  }
}
