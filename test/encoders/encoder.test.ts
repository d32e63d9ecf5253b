import { describe, expect, it, vi } from 'vitest';
import { type Encoder, encodeInto, PatientCall } from '../../src/encoders/encoder.js';
import { FakeEncoder } from '../fixtures/fake-encoder.js';
import { AS_DOCUMENT } from '../fixtures/model-calls.js';

const TEXTS = ['red', 'green', 'blue'];

/** What a call hands over, by place, and how it ends. */
async function handedOver(encoder: Encoder) {
  const kept: (Float32Array | undefined)[] = [undefined, undefined, undefined];
  const failure = await encodeInto(encoder, TEXTS, AS_DOCUMENT, (vector, place) => {
    kept[place] = vector;
  }).catch((error: unknown) => error);
  return { kept, failure };
}

describe('encoding into places', () => {
  it('gives a fast encoder’s vectors their places, asked for in one call', async () => {
    const encoder = new FakeEncoder();
    const expected = await encoder.encode(TEXTS);
    const asked = vi.spyOn(encoder, 'encode');
    const { kept, failure } = await handedOver(encoder);
    expect([kept, failure]).toEqual([expected, undefined]);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('keeps what an encoder of single texts has given where the rest fails, and rejects as the first that does', async () => {
    const vectors = await new FakeEncoder().encode(TEXTS);
    const encoder = new FakeEncoder() as Encoder;
    encoder.encodeEach = () => [
      Promise.resolve(vectors[0]!),
      Promise.reject(new Error('no green')),
      Promise.resolve(vectors[2]!),
    ];
    const { kept, failure } = await handedOver(encoder);
    expect(kept).toEqual([vectors[0], undefined, vectors[2]]);
    expect(failure).toEqual(new Error('no green'));
  });
});

describe('a patient call', () => {
  it('has a signal made only for an encoder that reads it', () => {
    let made = 0;
    const { signal } = new AbortController();
    const call = new PatientCall('one', 'query', () => {
      made++;
      return signal;
    });
    expect([call.namespace, call.role, made]).toEqual(['one', 'query', 0]);
    expect([call.signal, made]).toEqual([signal, 1]);
  });

  it('has none of somebody who waits for as long as it takes', () => {
    expect(new PatientCall('one', 'query', undefined).signal).toBeUndefined();
  });
});
