import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { environmentWith, tether } from '../fixtures/server-process.js';

/** A small server to compare with, in a process of its own, which says its port once it listens. */
export class ChildServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(file: 'bare-express.js' | 'fast-upstream.js'): Promise<ChildServer> {
    const path = fileURLToPath(new URL(`./${file}`, import.meta.url));
    const child = fork(path, { env: environmentWith({}), execArgv: [] });
    tether(child);
    const [port] = (await once(child, 'message')) as [number];
    return new ChildServer(child, port);
  }

  /** Sets what bare Express answers from now on. */
  async answerWith(text: string): Promise<void> {
    const ready = once(this.child, 'message');
    this.child.send(text);
    await ready;
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}
