import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { environmentWith, tether } from '../fixtures/server-process.js';

/** Bare Express in a child process. */
export class BareProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(): Promise<BareProcess> {
    const file = fileURLToPath(new URL('./bare-express.js', import.meta.url));
    const child = fork(file, { env: environmentWith({}), execArgv: [] });
    tether(child);
    const [port] = (await once(child, 'message')) as [number];
    return new BareProcess(child, port);
  }

  /** Sets what it answers from now on. */
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
