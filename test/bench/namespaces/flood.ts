import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { environmentWith, tether } from '../../fixtures/server-process.js';
import type { RawRequest } from '../load.js';

/** What became of the requests of a flood. */
export interface FloodResult {
  readonly sent: number;
  readonly admitted: number;
  /** Answered 429. */
  readonly refused: number;
}

/** Requests that are sent at once, and the connections they share. */
const CONNECTIONS = 16;

/**
 * Sends requests at a fixed rate, however fast they are answered, until `end` is called; whoever floods a server does not
 * wait for it. Answers other than 200 and 429 are failures.
 */
export class Flood {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  private readonly timer: NodeJS.Timeout;
  private readonly underWay = new Set<Promise<void>>();
  private readonly startedAt = performance.now();
  private sent = 0;
  private admitted = 0;
  private refused = 0;
  private failure: Error | undefined;

  constructor(
    private readonly port: number,
    private readonly perSecond: number,
    private readonly bodies: readonly Buffer[],
    private readonly namespace: string,
  ) {
    this.timer = setInterval(() => this.catchUp(), 10);
  }

  /** Sends no more, waits for what is under way and says what came of it. */
  async end(): Promise<FloodResult> {
    clearInterval(this.timer);
    await Promise.all(this.underWay);
    this.agent.destroy();
    if (this.failure) throw this.failure;
    return { sent: this.sent, admitted: this.admitted, refused: this.refused };
  }

  private catchUp(): void {
    const due = Math.floor(((performance.now() - this.startedAt) / 1000) * this.perSecond);
    for (; this.sent < due; this.sent++) {
      const call = this.send(this.bodies[this.sent % this.bodies.length]!);
      this.underWay.add(call);
      void call.finally(() => this.underWay.delete(call));
    }
  }

  private send(body: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const call = request(
        {
          host: '127.0.0.1',
          port: this.port,
          path: '/rerank',
          method: 'POST',
          agent: this.agent,
          headers: {
            'Content-Type': 'application/json',
            'Content-Length': body.length,
            'X-NeuralCache-Namespace': this.namespace,
          },
        },
        (response) => {
          if (response.statusCode === 200) this.admitted += 1;
          else if (response.statusCode === 429) this.refused += 1;
          else this.failure ??= new Error(`the flood was answered ${response.statusCode}`);
          response.resume().once('close', resolve);
        },
      );
      // A server that refuses before the body may close the connection under it.
      call.once('error', () => {
        this.refused += 1;
        resolve();
      });
      call.end(body);
    });
  }
}

function bodyOf({ head, tail }: RawRequest): Buffer {
  return Buffer.concat([head.subarray(head.indexOf('\r\n\r\n') + 4), tail]);
}

/** What a flood in a process of its own is started with; bodies as base64. */
export interface FloodOrder {
  readonly port: number;
  readonly perSecond: number;
  readonly namespace: string;
  readonly bodies: readonly string[];
}

/**
 * Begins a flood in a process of its own, so that it takes nothing of the load that is measured; what it answers ends it
 * and says what came of it.
 */
export async function startFlood(
  port: number,
  perSecond: number,
  requests: readonly RawRequest[],
  namespace: string,
): Promise<() => Promise<FloodResult>> {
  const path = fileURLToPath(new URL('./flood-process.js', import.meta.url));
  const child = fork(path, { env: environmentWith({}), execArgv: [] });
  tether(child);
  const begun = once(child, 'message');
  const bodies = requests.map((one) => bodyOf(one).toString('base64'));
  child.send({ port, perSecond, namespace, bodies } satisfies FloodOrder);
  await begun;
  return async () => {
    const answered = once(child, 'message');
    child.send('end');
    const [result] = (await answered) as [FloodResult | string];
    if (typeof result === 'string') throw new Error(result);
    return result;
  };
}
