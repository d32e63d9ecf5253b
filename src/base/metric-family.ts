import { Counter, Histogram, type Registry } from 'prom-client';
import type { MetricDefinition } from './metric-table.js';

/** Value of the label `namespace` for those that have none of their own. */
export const OTHER_NAMESPACES = '__other__';

/** One time series, resolved once: adding to it looks nothing up. */
export interface Series {
  /** Adds `value` to a counter, or one observation of it to a histogram. */
  add(value: number): void;
}

/**
 * What was added to a counter since it was last read. Adding to the counter itself, which knows its series by a text made
 * of their labels, takes half a microsecond, and a request adds five times.
 */
class Addend implements Series {
  private pending = 0;

  constructor(private readonly counter: { inc(value: number): void }) {
    // Series are shown in the order they came to be.
    counter.inc(0);
  }

  add(value: number): void {
    this.pending += value;
  }

  settle(): void {
    this.counter.inc(this.pending);
    this.pending = 0;
  }
}

/** Series by the value of the first label and of the second; `''` where there is none. */
type LabelledSeries = Map<string, Map<string, Series>>;

/**
 * One metric with its series. Series are made on first use and kept, so a request costs look-ups in small maps instead of
 * hashing labels. Number of series = product of the values of the labels, which callers keep few.
 */
export class MetricFamily {
  private readonly byNamespace = new Map<string, LabelledSeries>();
  private readonly metric: Counter | Histogram;
  private readonly withNamespace: boolean;

  constructor(
    private readonly definition: MetricDefinition,
    registry: Registry,
    namespaceLabel: boolean,
  ) {
    this.withNamespace = namespaceLabel && definition.perNamespace;
    const labelNames = [...definition.labels, ...(this.withNamespace ? ['namespace'] : [])];
    const configuration = { name: definition.name, help: definition.help, labelNames, registers: [registry] };
    this.metric =
      definition.type === 'counter'
        ? new Counter({ ...configuration, collect: () => this.settle() })
        : new Histogram({ ...configuration, buckets: [...definition.buckets!] });
  }

  /** The series of these label values, in the order of the definition. `namespace` is ignored where it is no label. */
  series(namespace: string, first = '', second = ''): Series {
    const owner = this.withNamespace ? namespace : OTHER_NAMESPACES;
    const known = this.byNamespace.get(owner)?.get(first)?.get(second);
    return known ?? this.open(owner, first, second);
  }

  /** Removes all series of a namespace. */
  forget(namespace: string): void {
    if (!this.withNamespace) return;
    for (const [first, others] of this.byNamespace.get(namespace) ?? [])
      for (const second of others.keys()) this.metric.remove(...this.values(namespace, first, second));
    this.byNamespace.delete(namespace);
  }

  private open(owner: string, first: string, second: string): Series {
    const labelled: LabelledSeries = this.byNamespace.get(owner) ?? new Map();
    const others = labelled.get(first) ?? new Map<string, Series>();
    const series = this.resolve(this.values(owner, first, second));
    this.byNamespace.set(owner, labelled.set(first, others.set(second, series)));
    return series;
  }

  private values(owner: string, first: string, second: string): string[] {
    const values = [first, second].slice(0, this.definition.labels.length);
    return this.withNamespace ? [...values, owner] : values;
  }

  private resolve(values: readonly string[]): Series {
    if (this.metric instanceof Counter) return new Addend(this.metric.labels(...values));
    const histogram = this.metric.labels(...values);
    return { add: (value) => histogram.observe(value) };
  }

  /** Gives the counter what was added to its series since it was last read. */
  private settle(): void {
    for (const labelled of this.byNamespace.values())
      for (const others of labelled.values())
        for (const series of others.values()) if (series instanceof Addend) series.settle();
  }
}
