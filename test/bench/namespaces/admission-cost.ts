import type { BodyMaker } from '../bodies.js';
import { type LoadResult, runLoad } from '../load.js';
import { inTurn, once, RequestMaker } from '../requests.js';
import { median } from '../statistics.js';
import { Subject } from '../subject.js';
import { AdminClient, BENCH_TOKEN } from './admin-client.js';

export interface AdmissionFigures {
  /** The quotas that tiers set, in one namespace. */
  readonly tier: Compared;
  /** Every quota there is, in a namespace and in the family above it. */
  readonly every: Compared;
}

/** Requests per second with quotas, all pairs known, and of a namespace nobody registered. */
export interface Compared {
  /** Median over the rounds of with / without in the same round. */
  readonly ratio: number;
  readonly withoutPerSecond: number;
  readonly withPerSecond: number;
}

/** More than is ever used, and measured all the same. */
const TIER_QUOTAS = {
  max_vectors: 100_000,
  max_storage_bytes: 1_000_000_000_000,
  max_requests_per_second: 1_000_000,
  max_concurrent_queries: 1000,
  max_dimension: 4096,
  max_results_per_query: 1000,
  max_batch_size: 1000,
};
const QUOTAS = {
  ...TIER_QUOTAS,
  max_queries_per_minute: 60_000_000,
  max_queries_per_day: 1_000_000_000,
  max_namespaces: 1000,
  max_memory_mb: 100_000,
  max_connections: 1000,
};
const SHAPE = { name: '50×1000', documents: 50, characters: 1000 };

/** The same requests in a namespace without a record and in ones with quotas, in turn. */
export async function measureAdmission(
  words: readonly string[],
  bodies: BodyMaker,
  rounds: number,
  roundMs: number,
): Promise<AdmissionFigures> {
  const subject = await Subject.start({ SCORER: 'hybrid', ADMIN_TOKENS: BENCH_TOKEN });
  try {
    await subject.warm(words, bodies);
    const admin = new AdminClient(`http://127.0.0.1:${subject.port}`);
    await admin.call('POST', '/namespaces', { id: 'single', quotas: TIER_QUOTAS });
    await admin.call('POST', '/namespaces', { id: 'family', quotas: QUOTAS });
    await admin.call('POST', '/namespaces', { id: 'family.member', quotas: QUOTAS });
    const makers = ['nobody', 'single', 'family.member'].map((name) => new RequestMaker(name, SHAPE, bodies));
    const [without, tier, every] = makers as [RequestMaker, RequestMaker, RequestMaker];
    for (const { known } of makers) await subject.send(once([...known, ...known]));
    const run = ({ known }: RequestMaker) =>
      runLoad(inTurn(known), { port: subject.port, connections: 8, durationMs: roundMs });
    const compare = async (within: RequestMaker): Promise<Compared> => {
      const pairs: (readonly [LoadResult, LoadResult])[] = [];
      for (let round = 0; round <= rounds; round++) {
        // Whoever runs first in a round has it a little easier, or harder: each does in turn.
        const before = round % 2 === 0 ? undefined : await run(within);
        const bare = await run(without);
        const bounded = before ?? (await run(within));
        if (round > 0) pairs.push([bare, bounded]);
      }
      return {
        ratio: median(pairs.map(([a, b]) => rate(b) / rate(a))),
        withoutPerSecond: median(pairs.map(([a]) => rate(a))),
        withPerSecond: median(pairs.map(([, b]) => rate(b))),
      };
    };
    return { tier: await compare(tier), every: await compare(every) };
  } finally {
    await subject.stop();
  }
}

function rate({ requests, seconds }: LoadResult): number {
  return requests / seconds;
}
