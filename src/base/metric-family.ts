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
 * One metric with its series. Series are made on first use and kept, so a request costs a look-up in a small map
 * instead of hashing labels. Number of series = product of the values of the labels, which callers keep few.
 */
export class MetricFamily {
  private readonly byNamespace = new Map<string, Map<string, Series>>();
  private readonly metric: Counter | Histogram;
  private readonly withNamespace: boolean;

  constructor(definition: MetricDefinition, registry: Registry, namespaceLabel: boolean) {
    this.withNamespace = namespaceLabel && definition.perNamespace;
    const labelNames = [...definition.labels, ...(this.withNamespace ? ['namespace'] : [])];
    const configuration = { name: definition.name, help: definition.help, labelNames, registers: [registry] };
    this.metric =
      definition.type === 'counter'
        ? new Counter(configuration)
        : new Histogram({ ...configuration, buckets: [...definition.buckets!] });
  }

  /** The series of these label values, in the order of the definition. `namespace` is ignored where it is no label. */
  series(namespace: string, first = '', second = ''): Series {
    const owner = this.withNamespace ? namespace : OTHER_NAMESPACES;
    let known = this.byNamespace.get(owner);
    if (!known) {
      known = new Map();
      this.byNamespace.set(owner, known);
    }
    const key = second === '' ? first : `${first}\n${second}`;
    let series = known.get(key);
    if (!series) {
      series = this.resolve(this.values(owner, key));
      known.set(key, series);
    }
    return series;
  }

  /** Removes all series of a namespace. */
  forget(namespace: string): void {
    if (!this.withNamespace) return;
    for (const key of this.byNamespace.get(namespace)?.keys() ?? [])
      this.metric.remove(...this.values(namespace, key));
    this.byNamespace.delete(namespace);
  }

  private values(owner: string, key: string): string[] {
    const values = key === '' ? [] : key.split('\n');
    return this.withNamespace ? [...values, owner] : values;
  }

  private resolve(values: readonly string[]): Series {
    if (this.metric instanceof Counter) {
      const counter = this.metric.labels(...values);
      return { add: (value) => counter.inc(value) };
    }
    const histogram = this.metric.labels(...values);
    return { add: (value) => histogram.observe(value) };
  }
}
