import { type ChildProcess, fork } from 'node:child_process';
import { constants, getPriority, setPriority } from 'node:os';
import { withinTime } from '../base/within-time.js';
import type { InputFailure, ModelFacts, ModelInput, ModelSpec } from './loaded-model.js';
import { type ModelWorker, RunThrew, WorkerLost } from './model-worker.js';
import type { FromWorker, ToWorker } from './protocol.js';

export interface WorkerOptions {
  /** The worker's code; default: `worker-process.js` of the build. */
  readonly location?: URL | undefined;
  /** Longest a model may take to load, in milliseconds; then the worker counts as hung. */
  readonly loadTimeoutMs: number;
  /** Longest a batch may take, likewise. */
  readonly runTimeoutMs: number;
  /** Longest an answer to a ping and an orderly end may take; default 5000. */
  readonly answerTimeoutMs?: number | undefined;
}

/** All that a worker sees of our environment: how libraries and temporary files are found, and no setting or secret. */
const KEPT_VARIABLES = [
  'PATH',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SystemRoot',
];
/** What is kept of a worker's error output until it got the first text; then nothing is, for it might hold that. */
const MAX_OUTPUT_LENGTH = 2000;
/** Ends that come from outside: the out-of-memory killer, an operator, a test. */
const OUTSIDE_SIGNALS: ReadonlySet<string> = new Set(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']);

interface Waiting {
  readonly timer: NodeJS.Timeout;
  resolve(answer: FromWorker): void;
  reject(lost: WorkerLost): void;
}

/**
 * A child process of lower priority than ours. One call at a time. An idle one does not keep this process alive, and ends
 * when this process does, however that ends.
 */
export class WorkerHandle implements ModelWorker {
  bytes = 0;
  loss: WorkerLost | undefined;
  private readonly child: ChildProcess | undefined;
  private readonly gone: Promise<void>;
  private settleGone!: () => void;
  private waiting: Waiting | undefined;
  private isStopping = false;
  private output = '';
  private hasSeenText = false;

  constructor(
    private readonly options: WorkerOptions,
    private readonly onLost: () => void,
  ) {
    this.gone = new Promise((resolve) => {
      this.settleGone = resolve;
    });
    try {
      this.child = this.start();
    } catch (error) {
      queueMicrotask(() => this.neverStarted(error as Error));
    }
  }

  private get patienceMs(): number {
    return this.options.answerTimeoutMs ?? 5000;
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  async load(spec: ModelSpec): Promise<ModelFacts> {
    const answer = await this.ask({ type: 'load', spec }, this.options.loadTimeoutMs);
    if (answer.type === 'loaded') return answer.facts;
    throw new Error(answer.type === 'unloadable' ? answer.message : `unexpected answer ${answer.type}`);
  }

  async run(model: string, inputs: readonly ModelInput[]): Promise<(Float32Array | InputFailure)[]> {
    this.hasSeenText = true;
    this.output = '';
    const answer = await this.ask({ type: 'run', model, inputs }, this.options.runTimeoutMs);
    if (answer.type === 'threw') throw new RunThrew(answer.error);
    if (answer.type !== 'done' || answer.results.length !== inputs.length)
      throw new RunThrew(`unexpected answer ${answer.type}`);
    // What arrives is a view of the whole message's memory.
    return answer.results.map((result) => (result instanceof Float32Array ? result.slice() : result));
  }

  async ping(): Promise<void> {
    await this.ask({ type: 'ping' }, this.patienceMs);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    this.post({ type: 'stop' });
    if (await withinTime(this.gone, this.patienceMs)) return;
    this.kill();
    await withinTime(this.gone, this.patienceMs);
  }

  kill(): void {
    this.child?.kill('SIGKILL');
  }

  private start(): ChildProcess {
    const child = fork(this.options.location ?? workerLocation(), [], {
      env: Object.fromEntries(KEPT_VARIABLES.map((name) => [name, process.env[name]])),
      // Without the flags of this process, such as an inspector's port.
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.on('message', (message: FromWorker) => this.receive(message));
    child.on('error', (error) => {
      if (child.pid === undefined) this.neverStarted(error);
    });
    // Not `exit`: what it said before it ended has been read by then.
    child.on('close', (code, signal) => this.endAs(code, signal));
    // Without a channel it is of no use, and ends by itself, unless it hangs.
    child.on('disconnect', () => setTimeout(() => this.kill(), this.patienceMs).unref());
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (!this.hasSeenText) this.output = (this.output + text).slice(-MAX_OUTPUT_LENGTH);
    });
    lowerPriority(child.pid);
    keepAlive(child, false);
    return child;
  }

  private ask(message: ToWorker, timeoutMs: number): Promise<FromWorker> {
    return new Promise((resolve, reject) => {
      if (this.loss !== undefined) {
        reject(this.loss);
        return;
      }
      const timer = setTimeout(() => {
        this.kill();
        this.end('hung', `did not answer within ${timeoutMs} ms (${message.type})`);
      }, timeoutMs);
      this.waiting = { timer, resolve, reject };
      if (this.child !== undefined) keepAlive(this.child, true);
      this.post(message);
    });
  }

  private post(message: ToWorker): void {
    // What cannot be sent is not answered: the end of the process is on its way.
    if (this.child?.connected) this.child.send(message, () => undefined);
  }

  private receive(answer: FromWorker): void {
    this.bytes = answer.bytes;
    const { waiting } = this;
    if (waiting === undefined) return;
    this.waiting = undefined;
    clearTimeout(waiting.timer);
    if (this.child !== undefined) keepAlive(this.child, false);
    waiting.resolve(answer);
  }

  private endAs(code: number | null, signal: NodeJS.Signals | null): void {
    if (signal !== null && OUTSIDE_SIGNALS.has(signal)) this.end('killed', `was ended by ${signal}`);
    else this.end('crashed', `ended with ${signal ?? code}${this.output && `: ${this.output.trim()}`}`);
    this.settleGone();
  }

  private neverStarted(error: Error): void {
    this.end('crashed', `could not be started: ${error.message}`);
    this.settleGone();
  }

  private end(reason: WorkerLost['reason'], what: string): void {
    if (this.loss !== undefined) return;
    this.loss = new WorkerLost(reason, `an inference worker ${what}`);
    if (this.waiting !== undefined) {
      clearTimeout(this.waiting.timer);
      this.waiting.reject(this.loss);
    }
    this.waiting = undefined;
    if (!this.isStopping) this.onLost();
  }
}

/** Requests go before inference on a busy machine. Where that is not allowed, they share it evenly. */
function lowerPriority(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    const { PRIORITY_BELOW_NORMAL, PRIORITY_LOW } = constants.priority;
    setPriority(pid, Math.min(PRIORITY_LOW, getPriority() + PRIORITY_BELOW_NORMAL));
  } catch {
    // It works without, only less smoothly.
  }
}

/** Whether the child keeps this process alive. */
function keepAlive(child: ChildProcess, isWanted: boolean): void {
  const handles = [child, child.channel, child.stderr] as (
    | { ref?(): void; unref?(): void }
    | null
    | undefined
  )[];
  for (const handle of handles)
    if (isWanted) handle?.ref?.();
    else handle?.unref?.();
}

/** Beside this file once compiled; run from sources, that of the last build. */
function workerLocation(moduleUrl: string = import.meta.url): URL {
  const folder = moduleUrl.endsWith('.ts') ? '../../dist/inference/' : './';
  return new URL(`${folder}worker-process.js`, moduleUrl);
}
