import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../src/base/clock.js';
import { answerCall } from '../../src/stores/engine-calls.js';
import { diskFiles, type Files } from '../../src/stores/files.js';
import { JsonEngine, type JsonEngineOptions } from '../../src/stores/json-engine.js';
import type { Change } from '../../src/stores/store.js';
import { type EngineChannel, WorkerStore } from '../../src/stores/worker-store.js';

export const TEMPLATES = {
  narrative: 'narrative.{namespace}.json',
  pheromones: 'pheromones.{namespace}.json',
  index: 'index.{namespace}.json',
} as const;

/** The disk, not waited for: nothing here pulls the plug. */
export function hastyFiles(): Files {
  return { ...diskFiles(), sync: () => {}, syncFolder: () => {} };
}

/** A folder of its own for each test, and the engines opened in it, closed when the test ends. */
export class JsonHome {
  readonly clock = new ManualClock();
  readonly folder = mkdtempSync(join(tmpdir(), 'neuralcache-'));
  /** What was set aside: whose, from where, to where. */
  readonly setAside: [string | null, string, string | null][] = [];
  readonly replaced: (string | null)[] = [];
  private readonly opened: JsonEngine[] = [];

  /** Opened and ready. */
  open(options: Partial<JsonEngineOptions> = {}): JsonEngine {
    const engine = new JsonEngine({
      folder: this.folder,
      templates: TEMPLATES,
      clock: this.clock,
      files: hastyFiles(),
      events: {
        quarantined: (namespace, path, newPath) => this.setAside.push([namespace, path, newPath]),
        replaced: (namespace) => this.replaced.push(namespace),
      },
      ...options,
    });
    this.opened.push(engine);
    engine.open();
    return engine;
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  /** Names of the files there are, in order. */
  names(): string[] {
    return readdirSync(this.folder).sort();
  }

  /** Every file with its content. */
  contents(belongs: (name: string) => boolean = () => true): Map<string, string> {
    const names = this.names().filter(belongs);
    return new Map(names.map((name) => [name, readFileSync(this.path(name), 'latin1')]));
  }

  remove(): void {
    for (const engine of this.opened) engine.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The store over an engine in this thread: what the worker does, without the worker. */
export async function openInline(engine: JsonEngine): Promise<WorkerStore> {
  const channel: EngineChannel = {
    post: async (call) => structuredClone(answerCall(engine, call)),
    stop: async () => {},
  };
  const store = new WorkerStore('sqlite', channel);
  await store.open();
  return store;
}

/** A change that fails once those before it were looked at. */
export function failingChange(): Change {
  return {
    put: {
      kind: 'cell',
      key: 'fails',
      get value(): string {
        throw new Error('injected');
      },
    },
  };
}
