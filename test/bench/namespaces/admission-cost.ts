import type { BodyMaker } from '../bodies.js';
import { type LoadResult, runLoad } from '../load.js';
import { inTurn, once, RequestMaker } from '../requests.js';
import { median } from '../statistics.js';
import { Subject } from '../subject.js';
import { AdminClient, BENCH_TOKEN } from './admin-client.js';

export interface AdmissionFigures {
  /** Requests per second with every kind of quota over those of a namespace nobody registered, all pairs known. */
  readonly ratio: number;
  readonly withoutPerSecond: number;
  readonly withPerSecond: number;
}

/** More than is ever used, and measured all the same. */
const QUOTAS = {
  max_requests_per_second: 1_000_000,
  max_queries_per_minute: 60_000_000,
  max_queries_per_day: 1_000_000_000,
  max_concurrent_queries: 1000,
  max_results_per_query: 1000,
  max_vectors: 100_000,
  max_storage_bytes: 1_000_000_000_000,
  max_namespaces: 10_000,
  max_memory_mb: 1_000_000,
  max_connections: 1000,
};
const SHAPE = { name: '50×1000', documents: 50, characters: 1000 };

/** The same requests in a namespace without a record and in one with quotas of its own below a family with quotas, in turn. */
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
    await admin.call('POST', '/namespaces', { id: 'family', quotas: QUOTAS });
    await admin.call('POST', '/namespaces', { id: 'family.member', quotas: QUOTAS });
    const without = new RequestMaker('nobody', SHAPE, bodies);
    const within = new RequestMaker('family.member', SHAPE, bodies);
    for (const { known } of [without, within]) await subject.send(once([...known, ...known]));
    const run = ({ known }: RequestMaker) =>
      runLoad(inTurn(known), { port: subject.port, connections: 8, durationMs: roundMs });
    const pairs: (readonly [LoadResult, LoadResult])[] = [];
    for (let round = 0; round <= rounds; round++) {
      const pair = [await run(without), await run(within)] as const;
      if (round > 0) pairs.push(pair);
    }
    return {
      ratio: median(pairs.map(([a, b]) => rate(b) / rate(a))),
      withoutPerSecond: median(pairs.map(([a]) => rate(a))),
      withPerSecond: median(pairs.map(([, b]) => rate(b))),
    };
  } finally {
    await subject.stop();
  }
}

function rate({ requests, seconds }: LoadResult): number {
  return requests / seconds;
}
