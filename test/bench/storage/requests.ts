import { ServerProcess } from '../../fixtures/server-process.js';
import { quantile } from '../statistics.js';
import { namespaceName, type StorageMode } from './modes.js';
import { ask } from './sample.js';

export interface RequestFigures {
  /** From the start of the process until it listens. */
  readonly startMs: number;
  readonly coldP50Ms: number;
  readonly coldP95Ms: number;
  /** The same requests once more. */
  readonly warmP95Ms: number;
}

/** Starts the real server over a folder and asks namespaces that it has not touched yet, one after the other. */
export async function measureRequests(
  folder: string,
  cwd: string,
  mode: StorageMode,
  namespaces: number,
  requests: number,
): Promise<RequestFigures> {
  const startedAt = performance.now();
  const server = new ServerProcess({ ...mode.settings, STORAGE_DIR: folder }, cwd);
  const url = await server.url;
  const startMs = performance.now() - startedAt;
  // What is compiled and cached by the first requests of a process is not the storage's cost.
  for (let number = 0; number < 50; number += 1) await ask(url, namespaceName(0), number);
  const step = Math.max(1, Math.floor((namespaces - 1) / requests));
  const names = Array.from({ length: Math.min(requests, namespaces - 1) }, (_, index) =>
    namespaceName(1 + ((index * step) % (namespaces - 1))),
  );
  const cold = await timeEach(url, names);
  const warm = await timeEach(url, names);
  await server.stop();
  return {
    startMs,
    coldP50Ms: quantile(cold, 0.5),
    coldP95Ms: quantile(cold, 0.95),
    warmP95Ms: quantile(warm, 0.95),
  };
}

async function timeEach(url: string, names: readonly string[]): Promise<number[]> {
  const times: number[] = [];
  for (const [number, name] of names.entries()) {
    const startedAt = performance.now();
    await ask(url, name, number);
    times.push(performance.now() - startedAt);
  }
  return times;
}
