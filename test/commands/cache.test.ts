import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from '../fixtures/command-line.js';
import { FakeServer, json } from '../fixtures/fake-server.js';

let line: CommandLine;
beforeEach(() => {
  line = new CommandLine();
});
afterEach(() => line.remove());

describe('cache purge', () => {
  it.each([
    [['--namespace', 'shop'], { namespace: 'shop' }, 'Purged what was cached of namespace shop.\n'],
    [['--model', 'org/m'], { model: 'org/m' }, 'Purged the pairs of model org/m.\n'],
    [['--all'], { all: true }, 'Purged everything that was cached.\n'],
  ])('%j on disk', async (words, wish, said) => {
    const { exitCode, stdout } = await line.run(['cache', 'purge', ...words]);
    expect([exitCode, stdout]).toEqual([0, said]);
    expect(line.services.purged).toEqual([wish]);
  });

  it.each([[[]], [['--all', '--model', 'm']], [['--namespace', 'a', '--all']]])(
    'refuses %j',
    async (words) => {
      const { exitCode, stderr } = await line.run(['cache', 'purge', ...words]);
      expect([exitCode, stderr]).toEqual([2, 'give one of --namespace, --model and --all\n']);
      expect(line.services.purged).toEqual([]);
    },
  );

  it('in a running server, with a token of administrators', async () => {
    const server = await FakeServer.open(json({ status: 'ok' }));
    const { url } = server;
    try {
      line.env = { NEURALCACHE_ADMIN_TOKENS: 'root,other' };
      const { exitCode, stdout } = await line.run([
        'cache',
        'purge',
        '--all',
        '--json',
        '--url',
        `${server.url}/`,
      ]);
      expect([exitCode, stdout]).toEqual([0, '{"purged":{"all":true}}\n']);
      expect(server.seen.map(({ path, headers, body }) => [path, headers.authorization, body])).toEqual([
        ['/admin/cache/purge', 'Bearer root', { all: true }],
      ]);
      server.behave = json({ error: { message: 'No such route' } }, 404);
      const refused = await line.run(['cache', 'purge', '--all', '--url', server.url]);
      expect([refused.exitCode, refused.stderr]).toEqual([1, 'the server answered 404: No such route\n']);
    } finally {
      await server.close();
    }
    const gone = await line.run(['cache', 'purge', '--all', '--url', url]);
    expect([gone.exitCode, gone.stderr]).toEqual([1, expect.stringContaining(`${url} cannot be reached: `)]);
  });

  it('wants a token for a server, and an address that is one', async () => {
    const { stderr } = await line.run(['cache', 'purge', '--all', '--url', 'http://127.0.0.1:1']);
    expect(stderr).toContain('NEURALCACHE_ADMIN_TOKENS is not set');
    expect((await line.run(['cache', 'purge', '--all', '--url', 'ftp://x'])).exitCode).toBe(2);
  });
});
