import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../http/raw-client.js';
import { AppHome, until } from './app-home.js';
import type { RunningApp } from './running-app.js';
import { WatchedScoring } from './watched-scoring.js';

const SLOTS = 4;
const LIMIT = 2;
/** What the loud tenant asks for, as a multiple of its limit. */
const TIMES = 20;
const BODY = { query: 'boats', documents: ['a boat at sea', 'a loaf of bread'] };

let home: AppHome;
let app: RunningApp;
let scoring: WatchedScoring;
let release: () => void;

beforeEach(async () => {
  home = new AppHome();
  scoring = new WatchedScoring(home.clock);
  scoring.hold = new Promise((resolve) => {
    release = resolve;
  });
  app = await home.start(
    { QUOTA_WAIT_MS: '0', SCORING_TURNS: `${SLOTS}`, METRICS_NAMESPACE_LABEL: 'true' },
    scoring.around,
  );
  const quotas = { max_requests_per_second: LIMIT };
  await app.services.admin.create({ id: 'loud', quotas }, { actor: 'cli:test', requestId: '' });
});
afterEach(async () => {
  release();
  await home.remove();
});

const ask = (namespace: string) => app.post(`/ns/${namespace}/rerank`, BODY).then(({ status }) => status);

/** Waits until so many calls of a tenant are being scored. */
const inside = (namespace: string, count: number) =>
  until(`${count} of ${namespace} are scored`, () => countOf(namespace) === count);
const countOf = (namespace: string) => scoring.inside.filter((name) => name === namespace).length;

describe('a tenant beside one that asks for 20 times its limit', () => {
  it('gets all its turns while the other has those of its limit and no more', async () => {
    const loud = Array.from({ length: TIMES * LIMIT }, () => ask('loud'));
    await inside('loud', LIMIT);
    // While all that the loud one was given is still held.
    const quiet = ask('quiet');
    await inside('quiet', 1);
    expect(app.services.admission.waiting).toBe(0);
    release();
    const statuses = await Promise.all(loud);
    expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
    expect(statuses.filter((status) => status === 429)).toHaveLength(TIMES * LIMIT - LIMIT);
    expect(await quiet).toBe(200);
    expect(scoring.scored.filter(({ namespace }) => namespace === 'loud')).toHaveLength(LIMIT);
  });

  it('has no body of the other read beyond its limit: the refusal comes before the body does', async () => {
    const first = Array.from({ length: LIMIT }, () => ask('loud'));
    await inside('loud', LIMIT);
    const head =
      'POST /ns/loud/rerank HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n';
    const callers = await Promise.all(Array.from({ length: TIMES }, () => RawClient.connect(app.port)));
    for (const caller of callers) caller.send(head);
    for (const caller of callers) await caller.until(/^HTTP\/1\.1 429 /);
    // Those inside alone, and each refusal is over: nobody is left to send a body to.
    expect(app.services.admission.insideOf('loud')).toBe(LIMIT);
    for (const caller of callers) caller.end();
    release();
    expect(await Promise.all(first)).toEqual(Array(LIMIT).fill(200));
    expect(scoring.scored).toHaveLength(LIMIT);
  });

  it('gets a turn at once even where the other keeps within its limit and asks for all turns there are', async () => {
    const many = Array.from({ length: TIMES }, () => ask('busy'));
    // Half of what is free each time, so two of four: there is always room for another.
    await inside('busy', SLOTS / 2);
    await until('the rest waits', () => app.services.admission.waiting === TIMES - SLOTS / 2);
    const quiet = ask('quiet');
    await inside('quiet', 1);
    expect(countOf('busy')).toBe(SLOTS / 2);
    release();
    expect([...(await Promise.all(many)), await quiet]).toEqual(Array(TIMES + 1).fill(200));
  });
});
