import { describe, expect, it } from 'vitest';
import type { NamespaceAdmission } from '../../src/admission/namespace-admission.js';
import { FEEDBACK, listening, setUpApp, TEXTS, until } from './admitted-app.js';
import { BOOM } from './fake-services.js';
import { BODY } from './harness.js';

describe('a permit is given back', () => {
  const one = { max_concurrent_queries: 1 };
  const usedOf = (admission: NamespaceAdmission) => [
    admission.uses('acme')[0]!.used,
    admission.insideOf('acme'),
  ];

  it.each([
    ['an answer', BODY, 200],
    ['a body that breaks rules', { query: 'q' }, 422],
    ['a fault of ours', { query: 'q', documents: [{ id: 'a', text: BOOM }] }, 500],
  ])('after %s', async (_what, body, status) => {
    const { admission, post, hold } = setUpApp();
    hold(one);
    expect((await post('/rerank', body)).status).toBe(status);
    expect(usedOf(admission)).toEqual([0, 0]);
  });

  it('once its caller has left, in the middle of a body or of the work', async () => {
    const { admission, services, hold } = setUpApp();
    hold(one);
    await using server = await listening(services);
    const sender = await server.open();
    sender.send(server.head('/rerank', 1000));
    await until(() => admission.insideOf('acme') === 1);
    sender.end();
    await until(() => admission.insideOf('acme') === 0);
    let release = () => {};
    services.hold = new Promise((resolve) => {
      release = resolve;
    });
    const asked = new Promise<void>((resolve) => {
      services.onRank = resolve;
    });
    const worker = await server.open();
    const body = JSON.stringify(BODY);
    worker.send(server.head('/rerank', body.length) + body);
    await asked;
    worker.end();
    await until(() => server.connections() === 0);
    release();
    await until(() => admission.insideOf('acme') === 0);
    expect(usedOf(admission)).toEqual([0, 0]);
    await until(() => services.counted.length === 2);
    expect(services.counted.map(({ status }) => status)).toEqual([499, 499]);
  });

  it('and another one gets it that waits for it', async () => {
    const { admission, services, post, hold } = setUpApp({ quotaWaitMs: 10_000 });
    hold(one);
    let release = () => {};
    services.hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = post('/rerank', BODY);
    await until(() => admission.insideOf('acme') === 1);
    const second = post('/rerank', BODY);
    await until(() => admission.waiting === 1);
    release();
    expect([(await first).status, (await second).status]).toEqual([200, 200]);
    expect(usedOf(admission)).toEqual([0, 0]);
  });

  it('while it waits, its caller can leave, and leaves nothing', async () => {
    const { admission, services, post, hold } = setUpApp({ quotaWaitMs: 10_000 });
    hold(one);
    let release = () => {};
    services.hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = post('/rerank', BODY);
    await until(() => admission.insideOf('acme') === 1);
    await using server = await listening(services);
    const waiter = await server.open();
    const body = JSON.stringify(BODY);
    waiter.send(server.head('/rerank', body.length) + body);
    await until(() => admission.waiting === 1);
    waiter.end();
    await until(() => admission.waiting === 0);
    await until(() => services.counted.length === 1);
    release();
    expect((await first).status).toBe(200);
    expect(services.ranked).toHaveLength(1);
    expect(services.counted.map(({ status }) => status)).toEqual([499, 200]);
  });
});

describe('a drain', () => {
  it('ends requests inside with 409, once, and stops their work', async () => {
    const { admission, services, post } = setUpApp();
    let release = () => {};
    services.hold = new Promise((resolve) => {
      release = resolve;
    });
    const inside = post('/jina/v1/rerank', TEXTS);
    await until(() => admission.insideOf('acme') === 1);
    expect(await admission.drain('acme', 0)).toEqual({ expelled: 1 });
    const { status, body } = await inside;
    expect([status, body]).toEqual([409, { detail: 'Namespace is being deleted: acme' }]);
    release();
    await services.hold;
    expect([admission.insideOf('acme'), services.counted.map((one) => one.status)]).toEqual([0, [409]]);
  });

  it('leaves what it ended no way to learn', async () => {
    const { admission, services } = setUpApp();
    await using server = await listening(services);
    const sender = await server.open();
    const body = JSON.stringify(FEEDBACK);
    sender.send(server.head('/feedback', body.length));
    await until(() => admission.insideOf('acme') === 1);
    await admission.drain('acme', 0);
    sender.send(body);
    await sender.until(/Namespace is being deleted: acme/);
    sender.send(server.head('/feedback', body.length, 'other') + body);
    await until(() => services.feedbacks.length > 0);
    expect(services.feedbacks.map(({ namespace }) => namespace)).toEqual(['other']);
    sender.end();
  });
});

describe('a batch of feedback that is ended', () => {
  it('applies none of those that are left', async () => {
    const { admission, services, post } = setUpApp();
    const applied: string[] = [];
    services.feedback = async (namespace) => {
      applied.push(namespace);
      await admission.drain(namespace, 0);
      return { outcome: 'applied' };
    };
    const { status, body } = await post('/feedback/batch', [FEEDBACK, FEEDBACK, FEEDBACK]);
    expect([status, body.error.message, applied]).toEqual([
      409,
      'Namespace is being deleted: acme',
      ['acme'],
    ]);
  });
});

describe('a loud neighbour', () => {
  it('with many waiting does not hold back another namespace', async () => {
    const { admission, services, post } = setUpApp({ turns: { slots: 4, queueMax: 100, waitMs: 60_000 } });
    let release = () => {};
    services.hold = new Promise((resolve) => {
      release = resolve;
    });
    let begun = 0;
    services.onRank = () => {
      begun += 1;
    };
    const loud = Array.from({ length: 30 }, () => post('/rerank', BODY, 'loud'));
    await until(() => admission.waiting === 28);
    // Two of four are the loud one's, one is still free for whoever comes.
    expect(begun).toBe(2);
    const quiet = post('/rerank', BODY, 'quiet');
    await until(() => begun === 3);
    release();
    services.hold = undefined;
    const answers = await Promise.all([...loud, quiet]);
    expect(answers.map(({ status }) => status)).toEqual(new Array(31).fill(200));
    expect(services.ranked.slice(0, 3).map(({ namespace }) => namespace)).toEqual(['loud', 'loud', 'quiet']);
  });

  it('is told 503 where too many of it wait, in the words of its API', async () => {
    const { admission, services, post } = setUpApp({ turns: { slots: 2, queueMax: 0, waitMs: 60_000 } });
    let release = () => {};
    services.hold = new Promise((resolve) => {
      release = resolve;
    });
    const first = post('/rerank', BODY);
    await until(() => admission.insideOf('acme') === 1);
    const { status, body, headers } = await post('/jina/v1/rerank', TEXTS);
    expect([status, body.detail, headers['retry-after']]).toEqual([
      503,
      'Too many requests wait to be scored; try again',
      '5',
    ]);
    release();
    expect((await first).status).toBe(200);
  });
});
