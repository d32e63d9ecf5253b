import { createHash, createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.js';
import { parseAwsKey, signForBedrock } from '../../../src/proxy/upstream/aws-signature.js';
import { reranker } from '../../fixtures/fake-rerankers.js';
import { FakeServer, type Seen } from '../../fixtures/fake-server.js';
import { openUpstream } from '../../fixtures/open-upstream.js';

const [ID, SECRET] = ['AKIAIOSFODNN7EXAMPLE', 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'];
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The signature as AWS's guide to Signature Version 4 has it, step by step. */
function expectedSignature(
  path: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  region: string,
): string {
  const date = headers['x-amz-date']!;
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization!)![1]!;
  const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`);
  const request = ['POST', path, '', lines.join(''), names, sha256(body)].join('\n');
  const scope = `${date.slice(0, 8)}/${region}/bedrock/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n');
  const key = [date.slice(0, 8), region, 'bedrock', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${SECRET}`,
  );
  return hmac(key, toSign).toString('hex');
}

describe('a request to Bedrock', () => {
  let server: FakeServer;
  beforeEach(async () => {
    server = await FakeServer.open(reranker('bedrock'));
  });
  afterEach(() => server.close());

  it('is signed where the key is one of AWS', async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 2, 3, 4, 5));
    const upstream = openUpstream(server.url, 'bedrock', {
      apiKey: `${ID}:${SECRET}:session+1/=`,
      model: 'arn',
      clock,
    });
    await Promise.all(upstream.scoreEach('q', ['é'], { namespace: 'a' }));
    await upstream.close();
    const { headers, body } = server.seen[0] as Seen & { headers: Record<string, string> };
    expect(headers['x-amz-date']).toBe('20260102T030405Z');
    expect(headers['x-amz-security-token']).toBe('session+1/=');
    expect(headers.authorization).toContain(`Credential=${ID}/20260102/us-east-1/bedrock/aws4_request`);
    const signature = expectedSignature('/rerank', headers, JSON.stringify(body), 'us-east-1');
    expect(headers.authorization).toContain(`Signature=${signature}`);
  });

  it('has any other key as a bearer token', async () => {
    const upstream = openUpstream(server.url, 'bedrock', { apiKey: 'bedrock-api-key-1', model: 'arn' });
    await Promise.all(upstream.scoreEach('q', ['a'], { namespace: 'a' }));
    await upstream.close();
    expect(server.seen[0]!.headers.authorization).toBe('Bearer bedrock-api-key-1');
  });

  it.each([
    ['https://bedrock-agent-runtime.eu-central-1.amazonaws.com/rerank', 'eu-central-1'],
    ['https://vpce-1.bedrock-runtime.us-gov-west-1.vpce.amazonaws.com/model/a%3Ab/invoke', 'us-gov-west-1'],
    ['https://bedrock.internal/rerank', 'us-east-1'],
  ])('at %s is signed for %s', async (url, region) => {
    const headers = await signForBedrock(url, '{}', parseAwsKey(`${ID}:${SECRET}`)!, 0);
    expect(headers.authorization).toContain(`/${region}/bedrock/`);
    expect(headers).not.toHaveProperty('host');
  });
});

it.each(['sk-123:456', 'token', `${ID}:`, `${ID}:a b`, ''])('%j is no key of AWS', (key) => {
  expect(parseAwsKey(key)).toBeUndefined();
});
