import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from '../fixtures/command-line.js';
import { FakeServer, json } from '../fixtures/fake-server.js';

let line: CommandLine;
beforeEach(() => {
  line = new CommandLine();
  line.env = { NEURALCACHE_CACHE_PERSIST: 'true', NEURALCACHE_MAX_DOCUMENTS: '2' };
  line.write(
    'asked.jsonl',
    '{"query":"a","documents":["x",{"text":"y"},{"id":"z","text":"z"}]}\n\n{"query":"b","documents":[]}\n{"query":"c","documents":["x"]}\n',
  );
});
afterEach(() => line.remove());

const warm = (...words: string[]) => line.run(['warm', 'asked.jsonl', '--namespace', 'shop', ...words]);

describe('warm', () => {
  it('has every list ranked once in its namespace, leaving no trace, long ones in parts', async () => {
    const { exitCode, stdout } = await warm();
    expect([exitCode, stdout]).toEqual([0, '3 lists of 4 documents in all, 0 failed.\n']);
    const seen = line.services.ranked.map(({ namespace, request }) => [
      namespace,
      request.query,
      request.candidates.map(({ id, text }) => `${id}:${text}`).join(' '),
      request.learn,
    ]);
    expect(seen.sort()).toEqual([
      ['shop', 'a', '0:x 1:y', false],
      ['shop', 'a', 'z:z', false],
      ['shop', 'c', '0:x', false],
    ]);
    expect(line.rankedService?.closed).toBe(true);
  });

  it('says how many failed', async () => {
    line.services.degraded = 'scorer';
    const { exitCode, stdout, stderr } = await warm('--json');
    expect([exitCode, JSON.parse(stdout)]).toEqual([1, { lists: 3, documents: 4, failed: 3 }]);
    expect(stderr).toBe('3 of 3 lists got no scores\n');
  });

  it('warms a running server', async () => {
    const server = await FakeServer.open(json({ meta: { degraded: false } }));
    try {
      line.env = { NEURALCACHE_API_TOKENS: 'mine' };
      const { exitCode } = await warm('--url', server.url);
      expect(exitCode).toBe(0);
      expect(server.seen).toHaveLength(2);
      const [first] = server.seen;
      expect([first!.path, first!.headers.authorization, first!.headers['x-neuralcache-namespace']]).toEqual([
        '/rerank',
        'Bearer mine',
        'shop',
      ]);
      expect(first!.body).toMatchObject({ query: 'a', learn: false });
      server.behave = json({ error: { message: 'no' } }, 401);
      expect((await warm('--url', server.url)).stderr).toBe('the server answered 401: no\n');
    } finally {
      await server.close();
    }
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
