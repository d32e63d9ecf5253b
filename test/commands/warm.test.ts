import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { CommandLine } from '../fixtures/command-line.js';
import { FakeServer, inTurn, json } from '../fixtures/fake-server.js';

let line: CommandLine;
beforeEach(() => {
  line = new CommandLine();
  line.env = { NEURALCACHE_CACHE_PERSIST: 'true', NEURALCACHE_DIALECT_MAX_DOCUMENTS: '2' };
  line.write(
    'asked.jsonl',
    '{"query":"a","documents":["x",{"text":"y"},{"id":"z","text":"z"}]}\n\n{"query":"b","documents":[]}\n{"query":"c","documents":["x"]}\n',
  );
});
afterEach(() => line.remove());

const warm = (...words: string[]) => line.run(['warm', 'asked.jsonl', '--namespace', 'shop', ...words]);

describe('warm', () => {
  it('has every list ranked once in its namespace, leaving no trace, long ones in parts', async () => {
    const { exitCode, stdout } = await warm('--model', 'm');
    expect([exitCode, stdout]).toEqual([0, '3 lists of 4 documents in all, 0 failed.\n']);
    const seen = line.services.ranked.map(({ namespace, request }) => [
      namespace,
      request.query,
      request.candidates.map(({ text }) => text).join(' '),
      request.learn,
      request.wishes?.model,
    ]);
    expect(seen.sort()).toEqual([
      ['shop', 'a', 'x y', false, 'm'],
      ['shop', 'a', 'z', false, 'm'],
      ['shop', 'c', 'x', false, 'm'],
    ]);
    expect(line.rankedService?.closed).toBe(true);
  });

  it('says how many failed', async () => {
    line.services.degraded = 'scorer';
    const { exitCode, stdout, stderr } = await warm('--json');
    expect([exitCode, JSON.parse(stdout)]).toEqual([1, { lists: 3, documents: 4, failed: 3 }]);
    expect(stderr).toBe(
      '3 of 3 lists got no scores; the first: its model gave no answer, another scorer stood in\n',
    );
  });

  it('goes on after a list that was refused', async () => {
    line.services.onRank = () => {
      line.services.onRank = () => undefined;
      throw new AppError('UPSTREAM_ERROR', 'refused');
    };
    const { exitCode, stdout, stderr } = await warm('--json');
    expect([exitCode, JSON.parse(stdout)]).toEqual([1, { lists: 3, documents: 4, failed: 1 }]);
    expect(stderr).toBe('1 of 3 lists got no scores; the first: refused\n');
  });

  it('tries again when it is told to, five times in all', async () => {
    let tries = 0;
    line.services.onRank = () => {
      tries++;
      if (line.services.ranked.length < 2) return;
      throw new AppError('RATE_LIMITED', 'busy', null, { retryAfterS: 0 });
    };
    const { stderr } = await warm();
    expect([tries, stderr]).toEqual([2 + 5, '1 of 3 lists got no scores; the first: busy\n']);
  });

  it('ends with a fault of ours', async () => {
    line.services.onRank = () => {
      throw new AppError('INTERNAL_ERROR', 'a fault');
    };
    expect((await warm()).exitCode).toBe(1);
    expect(line.services.ranked).toEqual([]);
  });

  describe('a running server', () => {
    let server: FakeServer;
    beforeEach(async () => {
      server = await FakeServer.open();
      line.env = { NEURALCACHE_API_TOKENS: 'mine' };
    });
    afterEach(() => server.close());

    it('is asked as clients ask it, leaving no trace', async () => {
      expect((await warm('--url', server.url, '--model', 'm')).exitCode).toBe(0);
      expect(server.seen).toHaveLength(2);
      const { path, headers, body } = server.seen.find((seen) => seen.body.query === 'a')!;
      expect([path, headers]).toEqual([
        '/v2/rerank',
        expect.objectContaining({
          authorization: 'Bearer mine',
          'x-neuralcache-namespace': 'shop',
          'x-neuralcache-learn': 'false',
        }),
      ]);
      expect(body).toEqual({ model: 'm', query: 'a', documents: ['x', 'y', 'z'], top_n: 1 });
    });

    it.each([
      ['refuses', json({ error: { message: 'no' } }, 400), 'the server answered 400: no'],
      [
        'says that another scorer stood in',
        json({}, 200, { 'X-NeuralCache-Degraded': 'memory, scorer' }),
        'stood in',
      ],
    ])('that %s fails the list alone', async (_, behave, reason) => {
      server.behave = inTurn(behave, json({}));
      const { exitCode, stderr } = await warm('--url', server.url);
      expect([exitCode, server.seen.length, stderr]).toEqual([1, 2, expect.stringContaining(reason)]);
      expect(stderr).toContain('1 of 2 lists');
    });

    it('that says when to come back is asked again', async () => {
      server.behave = inTurn(json({}, 429, { 'Retry-After': '0' }), json({}));
      const { exitCode, stdout } = await warm('--url', server.url);
      expect([exitCode, stdout, server.seen.length]).toEqual([
        0,
        '2 lists of 4 documents in all, 0 failed.\n',
        3,
      ]);
    });

    it('that wants another token ends the run', async () => {
      server.behave = json({ error: { message: 'no' } }, 401);
      const { exitCode, stderr } = await warm('--url', server.url);
      expect([exitCode, stderr]).toEqual([1, 'the server answered 401: no\n']);
    });

    it('that wants another token stops those who wait for their turn as well', async () => {
      const busy = json({}, 429, { 'Retry-After': '200' });
      server.behave = (seen) => {
        const behave = seen.body.query === 'a' ? busy : json({ error: { message: 'no' } }, 401);
        return behave(seen);
      };
      expect((await warm('--url', server.url)).stderr).toBe('the server answered 401: no\n');
      expect(server.seen).toHaveLength(2);
    });
  });

  it('does not fill what is lost at the end', async () => {
    line.env = {};
    const { exitCode, stderr } = await warm();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('NEURALCACHE_CACHE_PERSIST=false')]);
    expect(line.built).toEqual([]);
  });

  it.each([
    ['not JSON', '{"query":"a","documents":[]}\n{', 'line 2: not JSON'],
    ['no object', '[]', 'line 1: not a JSON object'],
    ['no query', '{"documents":[]}', 'line 1: "query" must be a text'],
    ['no documents', '{"query":"a"}', 'line 1: "documents" must be a list'],
    ['a document without text', '{"query":"a","documents":["x",{}]}', 'line 1: document 1 has no "text"'],
    ['a document that is null', '{"query":"a","documents":[null]}', 'line 1: document 0 has no "text"'],
    ['an id that is none', '{"query":"a","documents":[{"text":"x","id":1}]}', '"id" of document 0'],
  ])('refuses %s', async (_, text, message) => {
    line.write('asked.jsonl', text);
    const { exitCode, stderr } = await warm();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(message)]);
  });

  it('refuses a file that is not there, and names that are none', async () => {
    expect((await line.run(['warm', 'no.jsonl', '--namespace', 'a'])).stderr).toContain(
      'cannot be read (ENOENT)',
    );
    expect((await line.run(['warm', 'asked.jsonl', '--namespace', '../a'])).exitCode).toBe(1);
    expect((await line.run(['warm', 'asked.jsonl'])).exitCode).toBe(2);
  });
});
