import { Gauge, type Registry } from 'prom-client';
import { METRICS } from './metric-table.js';

/** What one namespace, or several together, hold and use just now. */
export interface NamespaceGaugeValues {
  readonly vectors: number;
  readonly storageBytes: number;
  /** The largest share of a quota used. */
  readonly utilisation: number;
  /** Namespaces in each status. */
  readonly byStatus: Readonly<Record<string, number>>;
}

/** Where the gauges of namespaces read. */
export interface NamespaceGaugeSource {
  /** Registered namespaces. */
  registered(): number;
  /** Of several namespaces, in their order; undefined = it cannot be read just now. */
  of(namespaces: readonly string[]): Promise<(NamespaceGaugeValues | undefined)[]>;
  /** Of all together, those without a label of their own included. */
  all(): Promise<NamespaceGaugeValues>;
}

const GAUGES = {
  vectors: 'namespaceVectors',
  storageBytes: 'namespaceStorageBytes',
  utilisation: 'namespaceUtilisation',
} as const;

/**
 * The gauges of namespaces, read at each scrape. With the label `namespace` there is a series for each that has a label of
 * its own, and none for the others; without it, one for all together.
 */
export class NamespaceGauges {
  private readonly gauges: Readonly<Record<keyof typeof GAUGES, Gauge>>;
  private readonly status: Gauge;
  private readonly registered: Gauge;

  constructor(
    registry: Registry,
    private readonly hasLabel: boolean,
  ) {
    const make = (name: (typeof GAUGES)[keyof typeof GAUGES] | 'namespaceStatus') =>
      new Gauge({
        name: METRICS[name].name,
        help: METRICS[name].help,
        labelNames: [...METRICS[name].labels, ...(hasLabel ? ['namespace'] : [])],
        registers: [registry],
      });
    this.gauges = {
      vectors: make(GAUGES.vectors),
      storageBytes: make(GAUGES.storageBytes),
      utilisation: make(GAUGES.utilisation),
    };
    this.status = make('namespaceStatus');
    this.registered = new Gauge({
      name: METRICS.namespacesRegistered.name,
      help: METRICS.namespacesRegistered.help,
      registers: [registry],
    });
  }

  /** Reads all anew; what cannot be read just now has no series until it can. `labelled`: names with a label of their own. */
  async refresh(source: NamespaceGaugeSource, labelled: readonly string[]): Promise<void> {
    this.registered.set(source.registered());
    const read = await (this.hasLabel ? source.of(labelled) : source.all().then((all) => [all])).catch(
      () => [],
    );
    for (const gauge of [...Object.values(this.gauges), this.status]) gauge.reset();
    for (const [index, values] of read.entries())
      if (values !== undefined) this.show(this.hasLabel ? { namespace: labelled[index]! } : {}, values);
  }

  private show(labels: { namespace?: string }, values: NamespaceGaugeValues): void {
    this.gauges.vectors.set(labels, values.vectors);
    this.gauges.storageBytes.set(labels, values.storageBytes);
    this.gauges.utilisation.set(labels, values.utilisation);
    for (const [status, count] of Object.entries(values.byStatus))
      this.status.set({ ...labels, status }, count);
  }
}
