import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY_ROOT } from '../fixtures/repository-root.js';
import { ServerProcess } from '../fixtures/server-process.js';
import type { BodyMaker } from './bodies.js';
import { type RawRequest, type RequestSource, runLoad } from './load.js';
import { once, type RequestMaker, warmingRequests } from './requests.js';

/** What `npm start` tells Node.js. */
function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(REPOSITORY_ROOT, 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}

const FOREVER_MS = 3_600_000;
/** Feedbacks sent at once while a namespace is taught. */
const TEACHERS = 4;

/** Our server as it is measured: production settings over SQLite in a folder of its own, its words warmed. */
export class Subject {
  private constructor(
    private readonly server: ServerProcess,
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** `settings`: names without prefix, beyond the defaults. */
  static async start(settings: Readonly<Record<string, string>>): Promise<Subject> {
    const folder = mkdtempSync(join(tmpdir(), 'neuralcache-bench-'));
    const server = new ServerProcess(
      { ...settings, STORAGE_DIR: join(folder, 'data') },
      folder,
      startFlags(),
    );
    const url = await server.url;
    return new Subject(server, folder, Number(new URL(url).port));
  }

  /** The server's process. */
  get pid(): number {
    return this.server.pid;
  }

  /** Makes the server meet every word of the vocabulary, in queries and in documents. */
  async warm(words: readonly string[], bodies: BodyMaker): Promise<void> {
    await this.send(once(warmingRequests('bench.warm', words, bodies)));
  }

  /** Sends all requests of a source, four at a time. */
  async send(source: RequestSource, connections = 4): Promise<void> {
    await runLoad(source, { port: this.port, connections, durationMs: FOREVER_MS });
  }

  /** The text of one answer. */
  async answer(request: RawRequest, namespace: string): Promise<string> {
    const head = request.head.toString();
    const body = head.slice(head.indexOf('\r\n\r\n') + 4) + request.tail.toString();
    return this.post(head.slice('POST '.length, head.indexOf(' HTTP/1.1')), namespace, body);
  }

  /** Gives a namespace feedback for `count` queries nobody asked yet: a cell each. */
  async teach(maker: RequestMaker, count: number): Promise<void> {
    let taught = 0;
    const teach = async (): Promise<void> => {
      while (taught < count) {
        const number = taught++;
        const text = await this.answer(maker.newQuery(), maker.namespace);
        const { results, meta } = JSON.parse(text) as {
          results: { id: string }[];
          meta: { request_id: string };
        };
        const chosen = results[number % results.length]!;
        const feedback = { request_id: meta.request_id, selected_ids: [chosen.id], success: 1 };
        await this.post('/feedback', maker.namespace, JSON.stringify(feedback));
      }
    };
    await Promise.all(Array.from({ length: TEACHERS }, teach));
  }

  private async post(path: string, namespace: string, body: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-neuralcache-namespace': namespace },
      body,
    });
    const text = await response.text();
    if (response.status !== 200)
      throw new Error(`${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return text;
  }

  async stop(): Promise<void> {
    try {
      await this.server.stop();
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
  }
}
