import { describe, expect, it } from 'vitest';
import { upstreamDialect } from '../../../src/proxy/upstream/upstream-dialects.js';
import { upstreamUrl } from '../../../src/proxy/upstream/upstream-url.js';

describe('the endpoint', () => {
  it.each([
    ['cohere-v2', 'https://api.cohere.com', 'https://api.cohere.com/v2/rerank'],
    ['cohere-v2', 'https://api.cohere.com/v2/', 'https://api.cohere.com/v2/rerank'],
    ['cohere-v1', 'https://api.cohere.com/v1/rerank', 'https://api.cohere.com/v1/rerank'],
    ['cohere-v2', 'https://gate/v1', 'https://gate/v1/rerank'],
    ['jina', 'https://api.jina.ai/v1/rerank/', 'https://api.jina.ai/v1/rerank'],
    ['voyage', 'https://ai.mongodb.com/v1', 'https://ai.mongodb.com/v1/rerank'],
    ['tei', 'http://tei:8080', 'http://tei:8080/rerank'],
    ['tei', 'http://tei:8080/under/here/', 'http://tei:8080/under/here/rerank'],
    ['vllm', 'http://vllm:8000/v1', 'http://vllm:8000/v1/rerank'],
    ['vllm', 'http://vllm:8000/rerank', 'http://vllm:8000/rerank'],
    ['llama.cpp', 'http://llama/reranking', 'http://llama/reranking'],
    ['cohere-v2', 'https://azure/x?api-version=3', 'https://azure/x/v2/rerank?api-version=3'],
    ['cohere-v2', 'https://gate/custom/rerank', 'https://gate/custom/rerank'],
    ['cohere-v2', 'https://gate/custom/endpoint', 'https://gate/custom/endpoint/v2/rerank'],
    ['zeroentropy', 'https://api.zeroentropy.dev/v1', 'https://api.zeroentropy.dev/v1/models/rerank'],
    ['nvidia', 'http://nim:8000/v1', 'http://nim:8000/v1/ranking'],
    ['nvidia', 'https://h/v1/retrieval/nvidia/m/reranking', 'https://h/v1/retrieval/nvidia/m/reranking'],
    ['vertex', 'https://g/v1/rankingConfigs/c:rank', 'https://g/v1/rankingConfigs/c:rank'],
    ['bedrock', 'https://b', 'https://b/rerank'],
    ['bedrock-invoke', 'https://b', 'https://b/model/org/m%3A0/invoke'],
    ['deepinfra', 'https://d/v1/inference', 'https://d/v1/inference/org/m%3A0'],
    ['deepinfra', 'https://d/v1/inference/o/m', 'https://d/v1/inference/o/m'],
    ['elasticsearch', 'https://e:9200', 'https://e:9200/_inference/rerank/org/m%3A0'],
    ['elasticsearch', 'https://e/_inference/rerank/mine', 'https://e/_inference/rerank/mine'],
    ['mixedbread', 'https://m/v1', 'https://m/v1/reranking'],
    ['isaacus', 'https://i', 'https://i/v1/rerankings'],
  ])('of %s at %s is %s', (dialect, given, expected) => {
    const model = 'org/m:0';
    expect(upstreamUrl(given, upstreamDialect(dialect), model)).toBe(expected);
  });

  it('needs what its path is made of', () => {
    expect(() => upstreamUrl('https://g/v1', upstreamDialect('vertex'), 'm')).toThrow('whole endpoint');
    expect(() => upstreamUrl('https://d', upstreamDialect('deepinfra'), undefined)).toThrow('needs a model');
  });

  it('is never told where it is no URL', () => {
    expect(() => upstreamUrl('secret@host', upstreamDialect('tei'), undefined)).toThrow(/^(?!.*secret)/);
  });

  it('is of a dialect that there is', () => {
    expect(() => upstreamDialect('cohere')).toThrow('there is no dialect "cohere"');
  });
});
