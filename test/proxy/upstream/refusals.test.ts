import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../src/base/model-call.js';
import { callersRefusal, upstreamFailure } from '../../../src/proxy/upstream/refusals.js';
import { RemoteError } from '../../../src/remote/remote-error.js';

const remote = (options: ConstructorParameters<typeof RemoteError>[2]) =>
  new RemoteError('status', 'https://inner.example/rerank: refused', options);
const refused = (status: number, refusal = '') => remote({ status, refusal });

describe('what a caller is told where nothing may stand in', () => {
  it.each([
    [new ModelError('late', 'https://inner.example: late'), 'UPSTREAM_TIMEOUT', 504],
    [
      new ModelError('failed', 'https://inner.example: broke', { cause: refused(500) }),
      'UPSTREAM_ERROR',
      502,
    ],
    [new ModelError('failed', 'refused', { cause: refused(401) }), 'UPSTREAM_ERROR', 502],
    [new ModelError('overloaded', 'busy', { cause: refused(429) }), 'RATE_LIMITED', 429],
  ])('is how it failed, and nothing of where: %s', (error, code, status) => {
    const told = upstreamFailure(error);
    expect(told).toMatchObject({ code, status, retryAfterS: undefined });
    expect(JSON.stringify([told.message, told.detail])).not.toContain('inner');
  });

  it.each([
    [new ModelError('overloaded', 'our own queue is full'), 1],
    [new ModelError('overloaded', 'x', { cause: new RemoteError('overloaded', 'full') }), 1],
    [
      new ModelError('failed', 'x', {
        cause: new RemoteError('breaker', 'left alone', { retryAfterMs: 9500 }),
      }),
      10,
    ],
  ])('is that we ask for nothing now, where it was not asked: %s', (error, retryAfterS) => {
    expect(upstreamFailure(error)).toMatchObject({ code: 'UNAVAILABLE', status: 503, retryAfterS });
  });

  it('has the time after which to try again', () => {
    const cause = remote({ status: 429, retryAfterMs: 1200 });
    expect(upstreamFailure(new ModelError('overloaded', 'busy', { cause })).retryAfterS).toBe(2);
  });
});

describe('the words of a refusal', () => {
  it.each([
    ['{"message":"no such model"}', ': no such model'],
    ['{"detail":"no such model"}', ': no such model'],
    ['{"error":"no such model","error_type":"Validation"}', ': no such model'],
    ['{"error":{"message":"no such model"}}', ': no such model'],
    ['{"detail":[{"loc":["body"],"msg":"too short"}]}', ''],
    ['{"message":7}', ''],
    ['no such model', ''],
    ['{"message":"', ''],
    ['', ''],
    [`{"message":"${'x'.repeat(1000)}"}`, `: ${'x'.repeat(300)}`],
  ])('are found where APIs have them: %s', (refusal, words) => {
    expect(callersRefusal(refused(400, refusal), [])?.message).toBe(
      `The upstream refused with status 400${words}`,
    );
  });

  it('are of refusals alone', () => {
    for (const cause of [
      refused(429),
      refused(500),
      refused(301),
      new RemoteError('timeout', 'x'),
      new Error('x'),
    ])
      expect(callersRefusal(cause, [])).toBeUndefined();
  });
});
