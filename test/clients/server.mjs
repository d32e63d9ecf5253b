import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** What every client shows the server. */
export const TOKEN = 'a-token-of-the-tests';
/** Most documents of a request. */
export const MAX_DOCUMENTS = 32;

/**
 * The built program as an operator starts it, on a free port and over a folder of its own. It wants a token and swaps
 * nothing by chance.
 *
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startServer() {
  const folder = mkdtempSync(join(tmpdir(), 'neuralcache-clients-'));
  const env = {
    PATH: process.env.PATH,
    NEURALCACHE_HTTP_PORT: '0',
    NEURALCACHE_STORAGE_DIR: join(folder, 'data'),
    NEURALCACHE_API_TOKENS: TOKEN,
    NEURALCACHE_DIALECT_MAX_DOCUMENTS: String(MAX_DOCUMENTS),
    NEURALCACHE_EPSILON: '0',
  };
  const server = spawn(process.execPath, [MAIN, 'serve'], { cwd: folder, env });
  const gone = new Promise((resolve) => server.once('close', resolve));
  const stop = async () => {
    server.kill('SIGTERM');
    const timer = setTimeout(() => server.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { url: await addressOf(server, gone), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where it listens, as it says itself. */
function addressOf(server, gone) {
  let said = '';
  return new Promise((resolve, reject) => {
    const fail = () => reject(new Error(`the server did not start: ${said}`));
    const timer = setTimeout(fail, START_TIMEOUT_MS);
    gone.then(fail);
    server.stdout.on('data', (text) => {
      said += text;
    });
    server.stderr.on('data', (text) => {
      said += text;
      const url = /listens on (http:\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}
