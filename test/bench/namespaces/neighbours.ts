import type { BodyMaker } from '../bodies.js';
import { type LoadResult, runLoad } from '../load.js';
import { inTurn, once, RequestMaker } from '../requests.js';
import { median, quantile } from '../statistics.js';
import { Subject } from '../subject.js';
import { AdminClient, BENCH_TOKEN } from './admin-client.js';
import { type FloodResult, startFlood } from './flood.js';

export interface NeighbourFigures {
  /** Of the quiet tenant, beside a neighbour at many times its limit over beside an idle one; median over rounds. */
  readonly throughputRatio: number;
  readonly p99Ratio: number;
  readonly idle: { readonly requestsPerSecond: number; readonly p99Ms: number };
  readonly flooded: { readonly requestsPerSecond: number; readonly p99Ms: number };
  readonly flood: FloodResult;
  readonly limit: number;
}

/** What the loud tenant may do, in requests per second, and how often it tries. */
const LIMIT = 20;
const TIMES = 20;
const SHAPE = { name: '50×1000', documents: 50, characters: 1000 };
const CONNECTIONS = 4;

/** Two tenants of one server: one asks as fast as it is answered, the other is idle or asks at 20 times its limit, in turn. */
export async function measureNeighbours(
  words: readonly string[],
  bodies: BodyMaker,
  rounds: number,
  roundMs: number,
): Promise<NeighbourFigures> {
  const subject = await Subject.start({ SCORER: 'hybrid', ADMIN_TOKENS: BENCH_TOKEN });
  try {
    await subject.warm(words, bodies);
    const admin = new AdminClient(`http://127.0.0.1:${subject.port}`);
    await admin.call('POST', '/namespaces', { id: 'loud', quotas: { max_requests_per_second: LIMIT } });
    await admin.call('POST', '/namespaces', { id: 'quiet' });
    const quiet = new RequestMaker('quiet', SHAPE, bodies);
    const loud = new RequestMaker('loud', SHAPE, bodies);
    await subject.send(once([...quiet.known, ...quiet.known]));
    const idleRounds: LoadResult[] = [];
    const floodedRounds: LoadResult[] = [];
    let flooded: FloodResult = { sent: 0, admitted: 0, refused: 0 };
    const run = () =>
      runLoad(inTurn(quiet.known), { port: subject.port, connections: CONNECTIONS, durationMs: roundMs });
    for (let round = 0; round <= rounds; round++) {
      const idle = await run();
      const endFlood = await startFlood(subject.port, LIMIT * TIMES, loud.known, 'loud');
      const beside = await run();
      const result = await endFlood();
      if (round === 0) continue;
      idleRounds.push(idle);
      floodedRounds.push(beside);
      flooded = sum(flooded, result);
    }
    return {
      throughputRatio: median(floodedRounds.map((round, i) => rate(round) / rate(idleRounds[i]!))),
      p99Ratio: median(floodedRounds.map((round, i) => p99(round) / p99(idleRounds[i]!))),
      idle: sideOf(idleRounds),
      flooded: sideOf(floodedRounds),
      flood: flooded,
      limit: LIMIT,
    };
  } finally {
    await subject.stop();
  }
}

function sum(a: FloodResult, b: FloodResult): FloodResult {
  return { sent: a.sent + b.sent, admitted: a.admitted + b.admitted, refused: a.refused + b.refused };
}

function rate({ requests, seconds }: LoadResult): number {
  return requests / seconds;
}

function p99({ latenciesMs }: LoadResult): number {
  return quantile(latenciesMs, 0.99);
}

function sideOf(rounds: readonly LoadResult[]) {
  return { requestsPerSecond: median(rounds.map(rate)), p99Ms: median(rounds.map(p99)) };
}
