import { type Agent, default as supertest } from 'supertest';
import type { Clock } from '../../src/base/clock.js';
import { createLogger } from '../../src/base/log.js';
import { seededRandom } from '../../src/base/random.js';
import type { Settings } from '../../src/base/settings/table.js';
import { type ComposedServices, compose } from '../../src/compose.js';
import { createApp } from '../../src/http/app.js';
import { Draining } from '../../src/http/draining.js';
import { type RunningServer, startServer } from '../../src/http/server.js';

export interface TestDocument {
  readonly id: string;
  readonly text: string;
  readonly embedding?: readonly number[];
}

/** An answer without what is new in each: its request id stands apart. */
export interface Answer {
  readonly requestId: string;
  readonly ids: readonly string[];
  /** The body but for `meta.request_id` and `meta.cache`, which tells of this process and not of what was learned. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it as JSON
  readonly body: any;
}

const SUBJECTS = [
  'ships at sea',
  'bread and butter',
  'the red planet',
  'rivers in spring',
  'a city by night',
  'old maps of coasts',
  'snow on the pass',
  'songs of the harbour',
  'apples in autumn',
  'stars over deserts',
  'letters from home',
  'clocks and towers',
];

/** Twelve documents, d0 … d11, on as many subjects. */
export const DOCUMENTS: readonly TestDocument[] = SUBJECTS.map((text, index) => ({ id: `d${index}`, text }));

/** The real program behind its real HTTP app. */
export class RunningApp {
  /** Log lines so far, parsed. */
  readonly logged: Readonly<Record<string, unknown>>[];
  private stopping: Promise<void> | undefined;

  private constructor(
    readonly client: Agent,
    readonly services: ComposedServices,
    private readonly server: RunningServer,
    logged: Readonly<Record<string, unknown>>[],
  ) {
    this.logged = logged;
  }

  /** `around`: what the HTTP app gets instead of the services, to see or to hold what comes to them. */
  static async start(
    settings: Settings,
    clock: Clock,
    around: (services: ComposedServices) => ComposedServices = (services) => services,
  ): Promise<RunningApp> {
    const logged: Readonly<Record<string, unknown>>[] = [];
    const write = (lines: string) =>
      void logged.push(
        ...lines
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line)),
      );
    const logger = createLogger({ level: 'info', destination: { write } });
    const services = await compose(settings, logger, clock, seededRandom(1));
    const draining = new Draining();
    const { shutdownTimeoutMs, requestTimeoutMs } = settings;
    const options = { host: '127.0.0.1', port: 0, shutdownTimeoutMs, requestTimeoutMs };
    const app = createApp(around(services), settings, draining);
    const server = await startServer(app, services, options, draining);
    const client = supertest(`http://127.0.0.1:${server.port}`) as unknown as Agent;
    return new RunningApp(client, services, server, logged);
  }

  get port(): number {
    return this.server.port;
  }

  /** Orderly end, as at a signal: everything unwritten is written. */
  stop(): Promise<void> {
    this.stopping ??= this.server.stop().then(() => this.services.close());
    return this.stopping;
  }

  post(path: string, body: object | string, headers: Readonly<Record<string, string>> = {}) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.client
      .post(path)
      .set({ 'Content-Type': 'application/json', ...headers })
      .send(text);
  }

  /** Ranks all documents; more fields of the body override. Fails where the answer is not 200. */
  async rank(namespace: string, query: string, more: object = {}): Promise<Answer> {
    const body = { query, documents: DOCUMENTS, top_k: 12, mmr_lambda: 1, gating_mode: 'off', ...more };
    const response = await this.post('/rerank', body, { 'X-NeuralCache-Namespace': namespace });
    if (response.status !== 200) throw new Error(`${response.status} ${response.text}`);
    const { request_id, cache, ...meta } = response.body.meta;
    return {
      requestId: request_id,
      ids: response.body.results.map(({ id }: TestDocument) => id),
      body: { ...response.body, meta },
    };
  }

  /** Ranks leaving no trace, with everything that explains the answer. */
  async look(namespace: string, query: string, more: object = {}): Promise<unknown> {
    const { ids, body } = await this.rank(namespace, query, { learn: false, explain: true, ...more });
    return { ids, body };
  }

  feedback(namespace: string, body: object) {
    return this.post('/feedback', body, { 'X-NeuralCache-Namespace': namespace });
  }

  /** Ranks and then says that these helped, some times over. */
  async teach(namespace: string, query: string, selected: readonly string[], times = 2): Promise<void> {
    for (let visit = 0; visit < times; visit += 1) {
      const { requestId } = await this.rank(namespace, query);
      const { status, text } = await this.feedback(namespace, {
        request_id: requestId,
        selected_ids: selected,
      });
      if (status !== 200) throw new Error(`${status} ${text}`);
    }
  }

  /** Samples of `/metrics` by name with labels, as written there. */
  async metrics(): Promise<Map<string, number>> {
    const { text } = await this.client.get('/metrics');
    const lines = text.split('\n').filter((line: string) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line: string) => {
        const space = line.lastIndexOf(' ');
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
    );
  }
}
