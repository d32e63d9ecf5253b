import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../../src/stores/store.js';
import { CommandLine } from '../fixtures/command-line.js';

let line: CommandLine;
beforeEach(() => {
  line = new CommandLine();
  line.env = { NEURALCACHE_HTTP_PORT: '0' };
});
afterEach(() => line.remove());

/** Starts `serve` and waits until it listens. */
async function started() {
  const run = line.start(['serve']);
  const ended = run.done.then((code) => {
    throw new Error(`ended with ${code}: ${run.stderr.text}`);
  });
  await Promise.race([run.stderr.shows('curl'), ended]);
  const url = /http:\/\/[\d.]+:\d+/.exec(run.stderr.text)![0];
  return { ...run, url };
}

async function stop(run: { done: Promise<number> }): Promise<number> {
  line.process.send('SIGTERM');
  return run.done;
}

/** What the shell would send for the pasted line: address, headers, body. */
function parseCurl(text: string, token = '') {
  const command = text
    .split('\n')
    .find((part) => part.startsWith('curl'))!
    .replace('$TOKEN', token);
  const headers = [...command.matchAll(/-H ['"]([^'"]+)['"]/g)].map(
    (match) => match[1]!.split(': ') as [string, string],
  );
  return { url: command.split(' ')[2]!, headers, body: /-d '([^']+)'/.exec(command)![1]! };
}

describe('serve', () => {
  it('prints a curl line that works when pasted', async () => {
    const run = await started();
    const { url, headers, body } = parseCurl(run.stderr.text);
    const answer = await fetch(url, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ results: [{}, {}] });
    expect(line.services.ranked[0]!.namespace).toBe('demo');
    expect(await stop(run)).toBe(0);
  });

  it('prints a line that reads the token from a shell variable, never the token', async () => {
    line.env.NEURALCACHE_API_TOKENS = 'secret-token';
    line.env.NEURALCACHE_NAMESPACE_HEADER = 'X-Tenant';
    line.env.NEURALCACHE_NAMESPACE_PATTERN = '^[a-z]{6,10}$';
    const run = await started();
    expect(run.stderr.text).not.toContain('secret-token');
    expect(run.stderr.text).toContain('TOKEN = one of NEURALCACHE_API_TOKENS');
    const { url, headers, body } = parseCurl(run.stderr.text, 'secret-token');
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(200);
    expect((await fetch(url, { method: 'POST', headers: headers.slice(0, 2), body })).status).toBe(401);
    expect(line.services.ranked[0]!.namespace).toBe('default');
    await stop(run);
  });

  it('names an address that can be reached when it listens on all', async () => {
    line.env = {
      NEURALCACHE_HTTP_PORT: '0',
      NEURALCACHE_HTTP_HOST: '0.0.0.0',
      NEURALCACHE_ALLOW_OPEN: 'true',
    };
    const run = await started();
    expect(run.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${run.url}/healthz`)).status).toBe(200);
    await stop(run);
  });

  it('finishes what is inside before it closes the services', async () => {
    const run = await started();
    let release = () => {};
    line.services.hold = new Promise((resolve) => {
      release = resolve;
    });
    const entered = new Promise<void>((resolve) => {
      const { rerank } = line.services;
      line.services.rerank = (namespace, requests) => {
        resolve();
        return rerank.call(line.services, namespace, requests);
      };
    });
    const { url, headers, body } = parseCurl(run.stderr.text);
    const pending = fetch(url, { method: 'POST', headers, body });
    await entered;
    line.process.send('SIGINT');
    await run.stdout.shows('stopping');
    expect(line.servicesClosed).toBe(0);
    release();
    expect((await pending).status).toBe(200);
    expect(await run.done).toBe(0);
    expect(line.servicesClosed).toBe(1);
    expect(line.process.listenerCount).toBe(0);
    await expect(fetch(`${run.url}/healthz`)).rejects.toThrow();
  });

  it('ends at once on a second signal', async () => {
    const run = await started();
    line.process.send('SIGTERM');
    line.process.send('SIGTERM');
    expect(line.process.exits).toEqual([1]);
    await run.done;
  });

  it('takes the Ctrl-C that npm repeats for one press', async () => {
    const run = await started();
    line.process.send('SIGINT');
    line.process.send('SIGINT');
    expect(line.process.exits).toEqual([]);
    line.process.send('SIGTERM');
    expect(line.process.exits).toEqual([1]);
    await run.done;
  });

  it('stops when whoever started it is gone', async () => {
    const run = await started();
    line.process.parentGone!();
    expect(await run.done).toBe(0);
    expect(line.servicesClosed).toBe(1);
    expect(line.process.parentGone).toBeUndefined();
  });

  it('logs JSON lines and warns of names it ignores', async () => {
    line.env.NEURALCACHE_NARRATIVE_DIM = '768';
    const run = await started();
    await stop(run);
    const lines = run.stdout.text
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text));
    expect(lines[0]).toMatchObject({
      level: 'warn',
      msg: expect.stringContaining('NEURALCACHE_NARRATIVE_DIM'),
    });
    expect(lines.map(({ msg }) => msg).slice(1)).toEqual(['listening', 'stopping', 'stopped']);
  });
});

describe('serve refuses', () => {
  it('to listen beyond loopback without credentials, in one line', async () => {
    line.env.NEURALCACHE_HTTP_HOST = '0.0.0.0';
    const { exitCode, stdout, stderr } = await line.run(['serve']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^NEURALCACHE_HTTP_HOST="0\.0\.0\.0" .*NEURALCACHE_API_TOKENS.*NEURALCACHE_ALLOW_OPEN=true.*\n$/,
    );
    expect(stdout).toBe('');
  });

  it('bad settings, all of them on a line each', async () => {
    line.env = { NEURALCACHE_HTTP_PORT: 'x', NEURALCACHE_NAMESPACE_PATTERN: '(a+)+' };
    const { exitCode, stderr } = await line.run(['serve']);
    expect(exitCode).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringContaining('NEURALCACHE_HTTP_PORT="x"'),
      expect.stringContaining('NEURALCACHE_NAMESPACE_PATTERN="(a+)+"'),
    ]);
  });

  it('a port that is taken, and closes what it had opened', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    line.env.NEURALCACHE_HTTP_PORT = String((taken.address() as AddressInfo).port);
    const { exitCode, stderr } = await line.run(['serve']);
    taken.close();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^cannot listen on 127\.0\.0\.1:\d+: the port is in use .*\n$/);
    expect(line.servicesClosed).toBe(1);
  });

  it('a storage folder that another process owns', async () => {
    line.failure = new StorageError('locked', '/data is owned by process 42');
    const { exitCode, stderr } = await line.run(['serve']);
    expect([exitCode, stderr]).toEqual([1, '/data is owned by process 42\n']);
    expect(line.process.listenerCount).toBe(0);
  });
});
