import { expect, it } from 'vitest';
import { ModelError } from '../../src/base/model-call.js';
import { type Outcome, TextBatches, type TextBatchesOptions } from '../../src/encoders/text-batches.js';

interface Sent {
  readonly texts: readonly string[];
  readonly signal: AbortSignal;
  /** Answers each text with its length, or with one outcome for all. */
  answer(outcome?: Outcome): Promise<void>;
}

/** Batches that wait for the test to answer them. */
function open(options: Partial<TextBatchesOptions> = {}) {
  const sent: Sent[] = [];
  const batches = new TextBatches({
    batchSize: 2,
    batchCharacters: 1000,
    maxConcurrent: 1,
    maxWaiting: 8,
    timeoutMs: 60_000,
    ...options,
    send: (texts, signal, settle) =>
      new Promise((resolve) => {
        const answer = async (outcome?: Outcome) => {
          for (const [index, text] of texts.entries()) settle(index, outcome ?? Float32Array.of(text.length));
          resolve();
          await new Promise(setImmediate);
        };
        sent.push({ texts, signal, answer });
      }),
  });
  const ask = (namespace: string, texts: readonly string[], signal?: AbortSignal) =>
    batches.ask(texts, { namespace, role: 'document', signal });
  return { batches, sent, ask };
}

const failureOf = (answer: Promise<unknown> | undefined) =>
  answer!.then(
    () => 'none',
    (cause: ModelError) => cause.failure,
  );

it('sends a text once that is asked for twice, and gives each its own vector', async () => {
  const { sent, ask } = open();
  const [first, second] = ask('a', ['x', 'x']);
  const [third] = ask('a', ['x']);
  await sent[0]!.answer();
  (await first!).fill(7);
  expect([await second, await third]).toEqual([Float32Array.of(1), Float32Array.of(1)]);
  expect(sent.map(({ texts }) => texts)).toEqual([['x']]);
});

it('sends a text again once it was answered, and for another namespace at once', async () => {
  const { sent, ask } = open({ maxConcurrent: 2 });
  ask('a', ['x']);
  ask('b', ['x']);
  await sent[0]!.answer();
  ask('a', ['x']);
  expect(sent.map(({ texts }) => texts)).toEqual([['x'], ['x'], ['x']]);
});

it('lets namespaces take turns, each in a batch of its own', async () => {
  const { sent, ask } = open({ maxWaiting: 20 });
  ask('a', ['a1', 'a2', 'a3', 'a4', 'a5']);
  ask('b', ['b1']);
  ask('c', ['c1', 'c2', 'c3']);
  for (let n = 0; n < 6; n++) await sent[n]!.answer();
  expect(sent.map(({ texts }) => texts.join(' '))).toEqual(['a1 a2', 'a3 a4', 'b1', 'c1 c2', 'a5', 'c3']);
});

it('turns away what there is no place for, of one namespace sooner than of all', async () => {
  const { sent, ask } = open();
  ask('a', ['under way', 'too']);
  const waiting = ask('a', ['1', '2', '3', '4', 'no place']);
  expect(await failureOf(waiting[4])).toBe('overloaded');
  expect(await failureOf(ask('b', ['1', '2', 'no place'])[2])).toBe('overloaded');
  // However many flood it, whoever comes next finds room.
  expect(await failureOf(ask('c', ['1', 'no place'])[1])).toBe('overloaded');
  const [first] = ask('a', ['1']);
  for (const batch of [0, 1, 2]) await sent[batch]!.answer();
  expect(await first).toHaveLength(1);
});

it('has places again once texts were sent', async () => {
  const { sent, ask } = open({ maxWaiting: 4 });
  ask('a', ['1', '2']);
  ask('a', ['3', '4']);
  await sent[0]!.answer();
  await sent[1]!.answer();
  const more = ask('a', ['5', '6']);
  await sent[2]!.answer();
  expect(await Promise.all(more)).toHaveLength(2);
});

it('never sends what nobody waits for any more', async () => {
  const { sent, ask } = open();
  const leaving = new AbortController();
  ask('a', ['under way']);
  const answers = ask('a', ['left', 'shared'], leaving.signal);
  ask('a', ['shared']);
  leaving.abort();
  expect(await Promise.all(answers.map(failureOf))).toEqual(['late', 'late']);
  await sent[0]!.answer();
  expect(sent[1]!.texts).toEqual(['shared']);
  expect(await failureOf(ask('a', ['gone before'], leaving.signal)[0])).toBe('late');
});

it('cancels a batch only when nobody waits for any of it', async () => {
  const { sent, ask } = open();
  const [first, second] = [new AbortController(), new AbortController()];
  ask('a', ['under way', 'too']);
  ask('a', ['x'], first.signal);
  ask('a', ['y'], second.signal);
  await sent[0]!.answer();
  first.abort();
  expect(sent[1]!.signal.aborted).toBe(false);
  second.abort();
  expect(sent[1]!.signal.aborted).toBe(true);
});

it('begins anew with a text that was given up while it was under way', async () => {
  const { sent, ask } = open({ maxConcurrent: 2 });
  const leaving = new AbortController();
  ask('a', ['x'], leaving.signal);
  leaving.abort();
  const [answer] = ask('a', ['x']);
  await sent[0]!.answer(new ModelError('late', 'cancelled'));
  await sent[1]!.answer();
  expect(await answer).toEqual(Float32Array.of(1));
});

it('lets nobody wait beyond the time there is, and says why it cancels', async () => {
  const { sent, ask } = open({ timeoutMs: 10 });
  const answers = ask('a', ['x', 'y', 'z']);
  expect(await Promise.all(answers.map(failureOf))).toEqual(['late', 'late', 'late']);
  expect(sent[0]!.signal.reason.name).toBe('TimeoutError');
});

it('turns everyone away when it is closed', async () => {
  const { batches, sent, ask } = open();
  const answers = ask('a', ['1', '2', '3']);
  batches.close();
  expect(await Promise.all(answers.map(failureOf))).toEqual(['closed', 'closed', 'closed']);
  expect(sent[0]!.signal.aborted).toBe(true);
});
