import type { BodyMaker } from './bodies.js';
import type { Case } from './cases.js';
import type { ChildServer } from './child-server.js';
import { type LoadResult, type RawRequest, type RequestSource, runLoad } from './load.js';
import { inTurn, once, RequestMaker } from './requests.js';
import { median, quantile } from './statistics.js';
import type { Subject } from './subject.js';

export interface Effort {
  /** Rounds before those that count: the engine makes quick code of what it has run some thousand times. */
  readonly warmUpRounds: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly connections: number;
}

/** One side of a comparison. */
export interface Side {
  /** Median over the rounds. */
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface CaseResult {
  readonly name: string;
  readonly bare: Side;
  readonly ours: Side;
  /** Median over the rounds of ours / bare in the same round. */
  readonly ratio: number;
  readonly target?: number;
  readonly proxied?: Proxied;
  /** Largest share of a core the load took in a round against bare Express. */
  readonly generatorShare: number;
}

/** What a proxied case costs beside the upstream itself. */
export interface Proxied {
  /** The upstream called directly. */
  readonly direct: Side;
  /** Median over the rounds of the time that ours adds at p50, (ours − direct) / bare of the same round. */
  readonly added: number;
  readonly mostAdded?: number;
}

export interface Others {
  readonly bare: ChildServer;
  /** Of proxied cases; called directly as well. */
  readonly upstream?: ChildServer | undefined;
}

/** Bytes of new bodies made ahead for one round, at most. */
const MAX_POOL_BYTES = 256 * 2 ** 20;
/** More than the rate so far suggests: a round must not run dry. */
const POOL_MARGIN = 1.4;
const FIRST_POOL = 64;

/**
 * Measures one case: bare Express, the upstream if there is one, and ours in turn, over the same bodies, after rounds of
 * each that do not count.
 */
export async function measureCase(
  subject: Subject,
  { bare, upstream }: Others,
  what: Case,
  bodies: BodyMaker,
  effort: Effort,
): Promise<CaseResult> {
  const maker = new RequestMaker(namespaceOf(what), what.shape, bodies);
  await prepare(subject, maker, what);
  await bare.answerWith(await subject.answer(maker.known[0]!, maker.namespace));
  const bareRounds: LoadResult[] = [];
  const directRounds: LoadResult[] = [];
  const ourRounds: LoadResult[] = [];
  const { connections, roundMs: durationMs } = effort;
  let pool = FIRST_POOL;
  for (let round = -effort.warmUpRounds; round < effort.rounds; round++) {
    const requests = makeRequests(maker, what, pool);
    const theirs = await runLoad(inTurn(requests), { port: bare.port, connections, durationMs });
    const direct =
      upstream && (await runLoad(inTurn(requests), { port: upstream.port, connections, durationMs }));
    const ours = await runLoad(sourceOf(what, requests), { port: subject.port, connections, durationMs });
    pool = poolSize(ours, effort.roundMs, requests);
    if (round < 0) continue;
    bareRounds.push(theirs);
    ourRounds.push(ours);
    if (direct) directRounds.push(direct);
  }
  return {
    name: what.name,
    bare: sideOf(bareRounds),
    ours: sideOf(ourRounds),
    ratio: median(ourRounds.map((ours, round) => rate(ours) / rate(bareRounds[round]!))),
    ...(what.target === undefined ? {} : { target: what.target }),
    ...(upstream && { proxied: proxiedOf(what, bareRounds, directRounds, ourRounds) }),
    generatorShare: Math.max(...bareRounds.map((round) => round.generatorShare)),
  };
}

function proxiedOf(
  { mostAdded }: Case,
  bare: readonly LoadResult[],
  direct: readonly LoadResult[],
  ours: readonly LoadResult[],
): Proxied {
  const added = ours.map((round, i) => (p50(round) - p50(direct[i]!)) / p50(bare[i]!));
  return { direct: sideOf(direct), added: median(added), ...(mostAdded === undefined ? {} : { mostAdded }) };
}

function namespaceOf({ name }: Case): string {
  return `bench.${name.replace(/[^a-zA-Z0-9]+/g, '-')}`.slice(0, 64);
}

async function prepare(subject: Subject, maker: RequestMaker, what: Case): Promise<void> {
  if (what.workload === 'all new') return;
  await subject.send(once([...maker.known, ...maker.known]));
  if (what.cells > 0) await subject.teach(maker, what.cells);
}

function makeRequests(maker: RequestMaker, what: Case, count: number): readonly RawRequest[] {
  if (what.workload === 'pairs known') return maker.known;
  const make = {
    'all new': () => maker.allNew(),
    '48 of 50 pairs known': () => maker.mostlyKnown(),
    'texts known, new queries': () => maker.newQuery(),
  }[what.workload];
  return Array.from({ length: count }, make);
}

function sourceOf(what: Case, requests: readonly RawRequest[]): RequestSource {
  return what.workload === 'pairs known' ? inTurn(requests) : once(requests);
}

/** New requests the next round needs, by the rate of this one. */
function poolSize(ours: LoadResult, durationMs: number, requests: readonly RawRequest[]): number {
  const needed = Math.ceil((rate(ours) * durationMs * POOL_MARGIN) / 1000) + FIRST_POOL;
  const shared = new Set(requests.map(({ tail }) => tail));
  const bytes = [...shared].reduce((sum, tail) => sum + tail.length, 0) / shared.size;
  const owned = shared.size === requests.length ? bytes : 0;
  const bytesEach = owned + requests[0]!.head.length;
  return Math.min(needed, Math.floor(MAX_POOL_BYTES / bytesEach));
}

function rate({ requests, seconds }: LoadResult): number {
  return requests / seconds;
}

function p50({ latenciesMs }: LoadResult): number {
  return quantile(latenciesMs, 0.5);
}

function sideOf(rounds: readonly LoadResult[]): Side {
  const latenciesMs = rounds.flatMap((round) => round.latenciesMs);
  return {
    requestsPerSecond: median(rounds.map(rate)),
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}
