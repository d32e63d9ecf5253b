import type { CrossEncoder } from '../encoders/cross-encoder.js';
import type { PairModel } from './pair-model.js';

/** A cross-encoder of ours as a pair model; closing it closes nothing, for the cross-encoder is lent. */
export function crossEncoderPairs(model: CrossEncoder): PairModel {
  return {
    name: 'cross-encoder',
    version: `${model.name}@${model.version}`,
    scale: 'logit',
    scaleOf: () => 'logit',
    isListwise: () => false,
    keyOf: () => '',
    modelOf: () => model.name,
    scoreEach: (query, texts, call) => model.scoreEach(query, texts, call),
    async close() {},
  };
}
