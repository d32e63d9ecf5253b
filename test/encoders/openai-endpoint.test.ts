import { expect, it } from 'vitest';
import { embeddingsUrl, keyHeader } from '../../src/encoders/openai-endpoint.js';

it.each([
  ['http://host:8080', 'http://host:8080/v1/embeddings'],
  ['http://host:8080/', 'http://host:8080/v1/embeddings'],
  ['https://api.openai.com/v1', 'https://api.openai.com/v1/embeddings'],
  ['https://api.openai.com/v1/', 'https://api.openai.com/v1/embeddings'],
  ['https://api.openai.com/v1/embeddings', 'https://api.openai.com/v1/embeddings'],
  ['https://host/gateway', 'https://host/gateway/v1/embeddings'],
  ['https://host/openai/v1', 'https://host/openai/v1/embeddings'],
  ['https://host/v1/openai', 'https://host/v1/openai/embeddings'],
  ['https://host/v1beta/openai/', 'https://host/v1beta/openai/embeddings'],
  ['https://me:pw@host/v1?x=1', 'https://me:pw@host/v1/embeddings?x=1'],
  [
    'https://me.openai.azure.com/openai/deployments/small?api-version=2024-10-21',
    'https://me.openai.azure.com/openai/deployments/small/embeddings?api-version=2024-10-21',
  ],
])('finds the endpoint of %s', (given, endpoint) => {
  expect(embeddingsUrl(given)).toBe(endpoint);
  expect(embeddingsUrl(endpoint)).toBe(endpoint);
});

it('puts the key where the service looks for it', () => {
  expect(keyHeader('http://host/v1/embeddings', undefined)).toEqual({});
  expect(keyHeader('http://host/v1/embeddings', 'k')).toEqual({ authorization: 'Bearer k' });
  expect(keyHeader('http://host/embeddings?api-version=1', 'k')).toEqual({ 'api-key': 'k' });
});
