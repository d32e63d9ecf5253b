import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerProcess } from '../../fixtures/server-process.js';
import { quantile } from '../statistics.js';
import { ask } from '../storage/sample.js';
import { AdminClient, BENCH_TOKEN } from './admin-client.js';

export interface RegisteredFigures {
  readonly namespaces: number;
  /** From the start of the process until it listens, all of them registered. */
  readonly startMs: number;
  readonly pageP50Ms: number;
  readonly pageP95Ms: number;
  readonly pageMaxMs: number;
  /** First request of a namespace with state that is not in memory. */
  readonly activationP50Ms: number;
  readonly activationP95Ms: number;
  /** Asked to be in memory at once, and what was; bytes as the server counts them, and their bound. */
  readonly asked: number;
  readonly resident: number;
  readonly residentBytes: number;
  readonly boundBytes: number;
}

const PER_APPLY = 500;
const RESIDENT = 1000;
const MEMORY_MB = 256;
/** What is compiled and cached by the first requests of a process is not what is measured. */
const WARMING = 50;

/** Registers many namespaces, starts over them, and lists, opens and keeps them. */
export async function measureRegistered(count: number): Promise<RegisteredFigures> {
  const home = mkdtempSync(join(tmpdir(), 'neuralcache-bench-'));
  const settings = {
    STORAGE_DIR: join(home, 'data'),
    ADMIN_TOKENS: BENCH_TOKEN,
    NAMESPACE_MEMORY_LIMIT_MB: String(MEMORY_MB),
  };
  try {
    const names = Array.from({ length: count }, (_, n) => nameOf(n));
    const active = names
      .filter((_, n) => n % Math.max(1, Math.floor(count / RESIDENT)) === 0)
      .slice(0, RESIDENT);
    await fill(settings, home, names, active);
    const startedAt = performance.now();
    const server = new ServerProcess(settings, home);
    const url = await server.url;
    const startMs = performance.now() - startedAt;
    const pages = await timePages(new AdminClient(url), count);
    for (let n = 0; n < WARMING; n++) await ask(url, 'warm', n);
    const times: number[] = [];
    for (const [n, name] of active.entries()) times.push(await timed(() => ask(url, name, n)));
    const { resident, bytes } = await residents(url);
    await server.stop();
    return {
      namespaces: count,
      startMs,
      pageP50Ms: quantile(pages, 0.5),
      pageP95Ms: quantile(pages, 0.95),
      pageMaxMs: Math.max(...pages),
      activationP50Ms: quantile(times, 0.5),
      activationP95Ms: quantile(times, 0.95),
      asked: active.length,
      resident,
      residentBytes: bytes,
      boundBytes: MEMORY_MB * 2 ** 20,
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A hundred families; tags, metadata and quotas as operators have them. */
function nameOf(n: number): string {
  return `tenant-${n % 100}.team-${n}`;
}

async function fill(
  settings: Readonly<Record<string, string>>,
  home: string,
  names: readonly string[],
  active: readonly string[],
): Promise<void> {
  const server = new ServerProcess(settings, home);
  const url = await server.url;
  const admin = new AdminClient(url);
  const families = [...new Set(names.map((name) => name.split('.')[0]!))];
  const all = [...families.map((namespace) => ({ id: namespace, tier: 'pro' })), ...names.map(specOf)];
  for (let from = 0; from < all.length; from += PER_APPLY)
    await admin.call('POST', '/apply', { namespaces: all.slice(from, from + PER_APPLY) });
  for (const [n, name] of active.entries()) await ask(url, name, n);
  await server.stop();
}

function specOf(id: string, n: number) {
  return {
    id,
    name: `Team ${n}`,
    owner: `team-${n}@example.com`,
    tags: [n % 2 === 0 ? 'even' : 'odd', 'search'],
    metadata: { region: 'eu-central', cost_centre: String(1000 + n) },
    quotas: { max_requests_per_second: 50, max_concurrent_queries: 8 },
  };
}

async function timePages(admin: AdminClient, count: number): Promise<number[]> {
  const times: number[] = [];
  for (const query of ['', '&status=active', '&tag=even', '&prefix=tenant-42.']) {
    let cursor: string | null = '';
    let listed = 0;
    while (cursor !== null) {
      const path: string = `/namespaces?limit=100${query}${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const startedAt = performance.now();
      const page: { namespaces: unknown[]; next_cursor: string | null } = await admin.call('GET', path);
      times.push(performance.now() - startedAt);
      listed += page.namespaces.length;
      cursor = page.next_cursor;
    }
    if (query === '' && listed < count) throw new Error(`${listed} of ${count} were listed`);
  }
  return times;
}

async function residents(url: string): Promise<{ resident: number; bytes: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    resident: value('neuralcache_namespaces_resident'),
    bytes: value('neuralcache_namespaces_resident_bytes'),
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
