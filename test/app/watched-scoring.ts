import type { Clock } from '../../src/base/clock.js';
import type { ComposedServices } from '../../src/compose.js';

/** A query with this text fails in a way that nobody expects. */
export const BOOM = 'boom';

/** A call that came to be scored: it was admitted and had its turn. */
export interface Scored {
  readonly namespace: string;
  readonly at: number;
  /** Requests of the call: the items of a batch. */
  readonly items: number;
}

/** Stands between HTTP and the services: notes each call, and those inside at the same time, and can hold them there. */
export class WatchedScoring {
  readonly scored: Scored[] = [];
  /** Namespaces of the calls that are being scored. */
  readonly inside: string[] = [];
  /** Calls go on once it has resolved. */
  hold: Promise<void> | undefined;
  /** Told once a call is inside. */
  onEntered: (() => void) | undefined;

  constructor(private readonly clock: Clock) {}

  readonly around = (services: ComposedServices): ComposedServices => ({
    ...services,
    rerank: async (namespace, requests, options) => {
      this.scored.push({ namespace, at: this.clock.now(), items: requests.length });
      this.inside.push(namespace);
      this.onEntered?.();
      try {
        // Long enough for others to come in.
        for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
        await this.hold;
        if (requests.some(({ query }) => query === BOOM)) throw new Error('injected');
        return await services.rerank(namespace, requests, options);
      } finally {
        this.inside.splice(this.inside.indexOf(namespace), 1);
      }
    },
  });
}
