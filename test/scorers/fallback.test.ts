import { describe, expect, it } from 'vitest';
import type { ModelError } from '../../src/base/model-call.js';
import { crossEncoderScorer, FakeCrossEncoder, Faults, frailEncoder } from '../fixtures/fake-models.js';
import { bundledEncoder } from '../fixtures/models.js';
import { hasEnded, oneBroken } from '../fixtures/one-broken.js';
import { newScorer, ScoringNamespace } from '../fixtures/scoring.js';

const TEXTS = ['1 lift of a wing', '2 cars and roads', '3 a wing'];

function open(spec: string) {
  const told: string[] = [];
  const crossEncoder = new FakeCrossEncoder();
  const faults = new Faults();
  const encoder = frailEncoder(bundledEncoder(), faults);
  const onFallback = (namespace: string, { failure }: ModelError) => told.push(`${namespace} ${failure}`);
  const pairScorers = { 'cross-encoder': crossEncoderScorer(crossEncoder) };
  const scorer = newScorer(spec, { pairScorers, encoder, onFallback });
  return { told, crossEncoder, faults, encoder, namespace: new ScoringNamespace(scorer) };
}

describe('a scorer whose model gives no answer', () => {
  it('leaves the whole list to the lexical one, says so, and recovers', async () => {
    const { told, crossEncoder, namespace } = open('cross-encoder');
    crossEncoder.faults.refused = (text) => text === TEXTS[1];
    crossEncoder.faults.failure = 'overloaded';
    const { scores, fallback } = await namespace.answer('1 wing lift', TEXTS);
    const lexical = await new ScoringNamespace(newScorer('lexical')).scores('1 wing lift', TEXTS);
    expect([[...scores], fallback, told]).toEqual([lexical, 'lexical', ['default overloaded']]);
    // The spare one knew the pairs, but a model was asked all the same.
    const second = await namespace.answer('1 wing lift', TEXTS);
    expect([second.pairHits, second.forward, second.isStored]).toEqual([3, 'miss', false]);
    crossEncoder.faults.refused = () => false;
    const again = await namespace.answer('1 wing lift', TEXTS);
    expect([again.fallback, [...again.parts.logit!]]).toEqual([undefined, [0, 1, 2]]);
    expect(told).toHaveLength(2);
  });

  it('does so for a combination, once for all of its parts', async () => {
    const { told, faults, namespace } = open('lexical:0.35,embedding:0.65');
    faults.refused = (text) => text === TEXTS[0];
    const { scores, fallback } = await namespace.answer('wing', TEXTS);
    const lexical = await new ScoringNamespace(newScorer('lexical')).scores('wing', TEXTS);
    expect([[...scores], fallback, told]).toEqual([lexical, 'lexical', ['default failed']]);
  });

  it('lets every other failure through', async () => {
    const { told, crossEncoder, namespace } = open('cross-encoder');
    crossEncoder.scoreEach = () => [Promise.reject(new TypeError('a fault of ours'))];
    await expect(namespace.scores('1', ['1'])).rejects.toThrow('a fault of ours');
    expect(told).toEqual([]);
  });

  it('is not wrapped where no model can fail', () => {
    expect(newScorer('hybrid', { onFallback: () => undefined }).revision).toBe(newScorer('hybrid').revision);
  });
});

describe('an embedding scorer over an encoder that answers text by text', () => {
  it('tells it what is query and what is document, and on whose behalf', async () => {
    const { encoder, namespace } = open('embedding');
    await namespace.scores('wing', TEXTS);
    expect([...encoder.roles]).toEqual(['query of default', 'document of default']);
  });

  it('keeps the vectors that were done where the rest failed', async () => {
    const { faults, encoder, namespace } = open('embedding');
    faults.refused = (text) => text === TEXTS[2];
    expect((await namespace.answer('wing', TEXTS)).fallback).toBe('lexical');
    faults.refused = () => false;
    encoder.asked.length = 0;
    expect((await namespace.answer('wing', TEXTS)).fallback).toBeUndefined();
    expect(encoder.asked).toEqual([TEXTS[2]]);
  });

  it('ends no request while any of its texts goes on', async () => {
    const { each, finish } = oneBroken();
    const { encoder, namespace } = open('embedding');
    encoder.encodeEach = (texts) => texts.map((_, index) => each[index]!);
    const answer = namespace.answer('wing', [TEXTS[0]!]);
    expect(await hasEnded(answer)).toBe(true);
    const both = namespace.answer('wing', TEXTS.slice(0, 2));
    expect(await hasEnded(both)).toBe(false);
    finish(new Float32Array(encoder.dimension));
    expect((await both).fallback).toBe('lexical');
  });

  it('says whose scale the scores have', async () => {
    const { crossEncoder, namespace } = open('cross-encoder');
    expect((await namespace.answer('1', TEXTS)).scale).toBeUndefined();
    crossEncoder.faults.refused = () => true;
    expect((await namespace.answer('2', TEXTS)).scale).toBe(newScorer('lexical').scale);
    expect(newScorer('lexical').scale).not.toBe(crossEncoderScorer(crossEncoder).scale);
  });

  it('asks no more than once for a query that the key encoder knows already', async () => {
    const { encoder } = open('embedding');
    const namespace = new ScoringNamespace(newScorer('embedding', { encoder, keyEncoder: encoder }));
    await namespace.scores('wing', TEXTS);
    await namespace.scores('wing', ['another']);
    expect(encoder.asked).toEqual(['wing', ...TEXTS, 'another']);
  });
});
