import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { ModelError } from '../../src/base/model-call.js';
import type { EncodeCall, Encoder } from '../../src/encoders/encoder.js';
import {
  createKeptEncoder,
  type KeptEncoderOptions,
  type VectorKeeper,
} from '../../src/encoders/kept-encoder.js';
import { MemoryCache } from '../../src/stores/memory-cache.js';
import { encoderContract } from '../contracts/encoder.js';
import { FakeEncoder } from '../fixtures/fake-encoder.js';
import { AS_DOCUMENT, AS_QUERY } from '../fixtures/model-calls.js';
import { hasEnded, oneBroken } from '../fixtures/one-broken.js';

const openStore = () => new MemoryCache({ maxBytes: 1 << 20, clock: new ManualClock() });

/** Gives each text a vector of its own after a wait that the test ends; notes what it was asked. */
class SlowEncoder extends FakeEncoder {
  readonly asked: string[][] = [];
  isClosed = false;

  encodeEach(texts: readonly string[], call: EncodeCall): Promise<Float32Array>[] {
    this.asked.push([...texts]);
    return texts.map(async (text) => {
      if (this.isClosed) throw new ModelError('closed', 'it is closed');
      if (call.signal?.aborted) throw new ModelError('late', 'nobody waits');
      if (text === 'fails') throw new ModelError('failed', 'it broke');
      return (await super.encode([text]))[0]!;
    });
  }

  override async close(): Promise<void> {
    this.isClosed = true;
  }
}

function open(options: Partial<KeptEncoderOptions> & { encoder?: SlowEncoder } = {}) {
  const inner = options.encoder ?? new SlowEncoder();
  const lookedUp: unknown[][] = [];
  const encoder = createKeptEncoder({
    store: openStore(),
    onLookedUp: (...what) => lookedUp.push(what),
    ...options,
    encoder: inner,
  });
  return { encoder, inner, lookedUp };
}

encoderContract('kept', () => createKeptEncoder({ encoder: new FakeEncoder(), store: openStore() }), {
  isLocal: false,
});

describe('keeping vectors', () => {
  it('asks for each text once, and says what was found', async () => {
    const { encoder, inner, lookedUp } = open();
    const first = await encoder.encode(['red', 'blue'], AS_DOCUMENT);
    const second = await encoder.encode(['blue', 'green', 'red'], AS_DOCUMENT);
    expect(inner.asked).toEqual([['red', 'blue'], ['green']]);
    expect([second[2], second[0]]).toEqual(first);
    expect(lookedUp).toEqual([
      ['default', 0, 2],
      ['default', 2, 1],
    ]);
  });

  it('ends no call while any of its texts goes on', async () => {
    const { encoder, inner } = open();
    const { each, finish } = oneBroken();
    inner.encodeEach = () => each;
    const call = encoder.encode(['fails', 'slow'], AS_DOCUMENT);
    expect(await hasEnded(call)).toBe(false);
    finish(new Float32Array(32));
    await expect(call).rejects.toThrow('it broke');
  });

  it('does so for another encoder on the same store, after a restart', async () => {
    const store = openStore();
    const vectors = await open({ store }).encoder.encode(['red'], AS_DOCUMENT);
    const { encoder, inner } = open({ store });
    expect(await encoder.encode(['red'], AS_DOCUMENT)).toEqual(vectors);
    expect(inner.asked).toEqual([]);
  });

  it('never takes those of another namespace, role, version, dimension or text', async () => {
    const store = openStore();
    const { encoder, inner } = open({ store });
    await encoder.encode(['red'], AS_DOCUMENT);
    await encoder.encode(['red'], AS_QUERY);
    await encoder.encode(['red'], { ...AS_DOCUMENT, namespace: 'b' });
    await encoder.encode(['red '], AS_DOCUMENT);
    await encoder.encode(['\ud800'], AS_DOCUMENT);
    await encoder.encode(['\ufffd'], AS_DOCUMENT);
    expect(inner.asked).toHaveLength(6);
    for (const other of [new SlowEncoder('v2'), new SlowEncoder('v1', 16)]) {
      const [vector] = await open({ store, encoder: other }).encoder.encode(['red'], AS_DOCUMENT);
      expect(other.asked).toEqual([['red']]);
      expect(vector).toHaveLength(other.dimension);
    }
  });

  it('has what was done though the rest failed', async () => {
    const { encoder, inner } = open();
    const results = await Promise.allSettled(encoder.encodeEach!(['red', 'fails', 'blue'], AS_DOCUMENT));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(encoder.encode(['red', 'fails'], AS_DOCUMENT)).rejects.toMatchObject({ failure: 'failed' });
    expect(inner.asked.at(-1)).toEqual(['fails']);
  });

  it('keeps nothing once the caller has left: the namespace may be gone since', async () => {
    const store = openStore();
    const { encoder, inner } = open({ store });
    const { each, finish } = oneBroken();
    inner.encodeEach = () => each.slice(1);
    const left = new AbortController();
    const call = encoder.encode(['slow'], { ...AS_DOCUMENT, signal: left.signal });
    await hasEnded(call);
    left.abort();
    finish(new Float32Array(32));
    await call;
    expect(await store.count(AS_DOCUMENT.namespace)).toBe(0);
  });

  it('works with an encoder that knows no single texts', async () => {
    const inner = new FakeEncoder();
    const encoder: Encoder = createKeptEncoder({ encoder: inner, store: openStore() });
    const first = await encoder.encode(['red', 'blue'], AS_DOCUMENT);
    expect(await encoder.encode(['red', 'blue'], AS_DOCUMENT)).toEqual(first);
    expect(inner.encoded).toBe(2);
  });
});

describe('a bad store', () => {
  /** As another one, with something else instead. */
  const storeWith = (other: Partial<VectorKeeper>): VectorKeeper => ({
    getMany: async (_, keys) => keys.map(() => undefined),
    put: () => undefined,
    ...other,
  });
  const fail = () => {
    throw new Error('closed');
  };

  it.each<[string, Partial<VectorKeeper>]>([
    ['rejects', { getMany: async () => fail() }],
    ['takes nothing', { put: fail }],
    ['gives no vectors', { getMany: async (_, keys) => keys.map(() => new Uint8Array(7)) }],
  ])('that %s costs nothing but the vectors', async (_, other) => {
    const { encoder } = open({ store: storeWith(other) });
    expect(await encoder.encode(['red', 'blue'], AS_DOCUMENT)).toEqual(
      await new FakeEncoder().encode(['red', 'blue']),
    );
  });

  it('that does not answer is waited for once, and asked again when it has', async () => {
    let asked = 0;
    let answer: (() => void) | undefined;
    const getMany: VectorKeeper['getMany'] = (_, keys) => {
      asked += 1;
      return new Promise((resolve) => {
        answer = () => resolve(keys.map(() => undefined));
      });
    };
    const { encoder } = open({ store: storeWith({ getMany }), waitMs: 1 });
    for (let n = 0; n < 3; n++) expect(await encoder.encode(['red'], AS_DOCUMENT)).toHaveLength(1);
    expect(asked).toBe(1);
    answer!();
    await new Promise(setImmediate);
    await encoder.encode(['red'], AS_DOCUMENT);
    expect(asked).toBe(2);
  });
});

describe('a caller who leaves', () => {
  it('waits no longer for the store, and the model is not asked', async () => {
    let asked = 0;
    const getMany = () => {
      asked += 1;
      return new Promise<never>(() => undefined);
    };
    const { encoder, inner } = open({ store: { getMany, put: () => undefined }, waitMs: 1e6 });
    const leaving = new AbortController();
    const call = encoder.encode(['red'], { ...AS_DOCUMENT, signal: leaving.signal });
    await vi.waitFor(() => expect(asked).toBe(1));
    leaving.abort();
    await expect(call).rejects.toMatchObject({ failure: 'late' });
    await expect(encoder.encode(['red'], { ...AS_DOCUMENT, signal: leaving.signal })).rejects.toMatchObject({
      failure: 'late',
    });
    expect(inner.asked).toEqual([]);
  });
});

it('closes the encoder, and gives no vectors then, not even those it has', async () => {
  const { encoder, inner } = open();
  await encoder.encode(['red'], AS_DOCUMENT);
  await encoder.close();
  expect(inner.isClosed).toBe(true);
  await expect(encoder.encode(['red'], AS_DOCUMENT)).rejects.toMatchObject({ failure: 'closed' });
});
