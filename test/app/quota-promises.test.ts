import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../http/raw-client.js';
import { AppHome, until } from './app-home.js';
import type { RunningApp } from './running-app.js';
import { BOOM, type Scored, WatchedScoring } from './watched-scoring.js';

const SLOTS = 4;
const WINDOWS_MS = {
  max_requests_per_second: 1000,
  max_queries_per_minute: 60_000,
  max_queries_per_day: 86_400_000,
} as const;
type RateName = keyof typeof WINDOWS_MS;
interface Rate {
  readonly limit: number;
  readonly burst: number;
  readonly action: 'reject' | 'throttle';
}
type Quotas = Readonly<Record<RateName, Rate>> & { readonly max_concurrent_queries: number };

/** A family: what its members take, the family has taken. */
const MEMBERS = ['', '.left', '.right'];
const BODY = { query: 'boats', documents: ['a boat at sea', 'a loaf of bread'] };

const rate = (limit: number, burst: number): fc.Arbitrary<Rate> =>
  fc.record({
    limit: fc.integer({ min: 1, max: limit }),
    burst: fc.integer({ min: 1, max: burst }),
    action: fc.constantFrom('reject', 'throttle'),
  });
const quotas: fc.Arbitrary<Quotas> = fc.record({
  max_requests_per_second: rate(50, 12),
  max_queries_per_minute: rate(60, 20),
  max_queries_per_day: rate(200, 40),
  max_concurrent_queries: fc.integer({ min: 1, max: 4 }),
});
const ask = fc.record({
  member: fc.nat(MEMBERS.length - 1),
  kind: fc.constantFrom('query', 'query', 'query', 'batch', 'broken', 'boom', 'leaves'),
  /** Items of a batch, or the moment of leaving. */
  n: fc.integer({ min: 1, max: 4 }),
});
const step = fc.record({
  passMs: fc.constantFrom(0, 1, 90, 700, 9_000, 70_000, 5_000_000),
  asks: fc.array(ask, { minLength: 1, maxLength: 14 }),
});

let home: AppHome;
let app: RunningApp;
let scoring: WatchedScoring;
let runs = 0;

beforeEach(async () => {
  home = new AppHome();
  scoring = new WatchedScoring(home.clock);
  app = await home.start({ QUOTA_WAIT_MS: '15', SCORING_TURNS: `${SLOTS}` }, scoring.around);
});
afterEach(() => home.remove());

/** Registers a family with such quotas, the same for each of its members. */
async function register(given: readonly Quotas[]): Promise<string[]> {
  runs += 1;
  const ids = MEMBERS.map((member) => `family${runs}${member}`);
  for (const [index, id] of ids.entries())
    await app.services.admin.create({ id, quotas: given[index]! }, { actor: 'cli:test', requestId: '' });
  return ids;
}

async function send(id: string, { kind, n }: { readonly kind: string; readonly n: number }): Promise<number> {
  if (kind === 'leaves') return leave(id, n);
  const path = `/ns/${id}/rerank`;
  if (kind === 'batch')
    return (
      await app.post(
        `${path}/batch`,
        Array.from({ length: n }, () => BODY),
      )
    ).status;
  if (kind === 'broken') return (await app.post(path, { query: 'no documents' })).status;
  return (await app.post(path, kind === 'boom' ? { ...BODY, query: BOOM } : BODY)).status;
}

/** Closes its connection after the head, in the middle of the body, after it, or some time later. */
async function leave(id: string, moment: number): Promise<number> {
  const client = await RawClient.connect(app.port);
  const body = JSON.stringify(BODY);
  const head = `POST /ns/${id}/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
  client.send(head + body.slice(0, [0, 20][moment - 1] ?? body.length));
  const turns = [4, 4, 0, 6][moment - 1]!;
  for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
  client.end();
  await client.closed;
  return 0;
}

/** What broke the promise of a rate: in no window may there be more than burst + rate × window. */
function brokenRates(pool: string, given: Quotas, scored: readonly Scored[]): string[] {
  return (Object.keys(WINDOWS_MS) as RateName[]).flatMap((name) => {
    const { limit, burst } = given[name];
    return scored.flatMap((from, first) => {
      let items = 0;
      return scored.slice(first).flatMap((to) => {
        items += to.items;
        const most = burst + (limit * (to.at - from.at)) / WINDOWS_MS[name];
        const isKept = items <= most + 1e-6;
        return isKept ? [] : [`${pool}: ${items} of ${name} within ${to.at - from.at} ms, promised ${most}`];
      });
    });
  });
}

describe('quotas over HTTP, whatever comes at once', () => {
  it('never let more be scored than promised, and get all back from whoever fails or leaves', async () => {
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(quotas, quotas, quotas),
        fc.array(step, { minLength: 1, maxLength: 8 }),
        async (given, steps) => {
          const ids = await register(given);
          const poolsOf = (id: string) => ids.filter((pool) => id === pool || id.startsWith(`${pool}.`));
          scoring.scored.length = 0;
          const crowded: string[] = [];
          scoring.onEntered = () => {
            for (const [index, pool] of ids.entries()) {
              const count = scoring.inside.filter((id) => poolsOf(id).includes(pool)).length;
              if (count > given[index]!.max_concurrent_queries) crowded.push(`${count} at once in ${pool}`);
            }
          };
          for (const { passMs, asks } of steps) {
            home.clock.advance(passMs);
            const statuses = await Promise.all(asks.map((one) => send(ids[one.member]!, one)));
            for (const status of statuses) seen.add(status);
            // Before time goes on: those who left are gone, and all others are answered.
            await until('nobody is inside', () =>
              ids.every((id) => app.services.admission.insideOf(id) === 0),
            );
            await until('nobody waits', () => app.services.admission.waiting === 0);
            await until('nothing is scored', () => scoring.inside.length === 0);
          }
          expect(crowded).toEqual([]);
          for (const [index, pool] of ids.entries()) {
            const scored = scoring.scored.filter(({ namespace }) => poolsOf(namespace).includes(pool));
            expect(brokenRates(pool, given[index]!, scored)).toEqual([]);
          }
          const held = ids.flatMap((id) => app.services.admission.uses(id));
          for (const { quota, used } of held) if (quota === 'max_concurrent_queries') expect(used).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
    // Answered, refused for what it asks, for its quota, and failed: all of these gave back what they had.
    expect([...seen].sort()).toEqual([0, 200, 422, 429, 500]);
    await expectAllTurns();
  }, 120_000);
});

/** Every turn can still be given: to one request of as many namespaces, at the same time. */
async function expectAllTurns(): Promise<void> {
  let release = () => {};
  scoring.hold = new Promise((resolve) => {
    release = resolve;
  });
  const asked = Array.from({ length: SLOTS }, (_, n) => app.post(`/ns/free${n}/rerank`, BODY).then());
  await until('all have their turn', () => scoring.inside.length === SLOTS);
  release();
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(SLOTS).fill(200));
}
