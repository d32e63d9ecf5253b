import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../src/base/random.js';
import { ServerProcess } from '../fixtures/server-process.js';
import { Ledger } from './ledger.js';
import { Load, NAMESPACES } from './load.js';
import { MODE_SETTINGS, type Mode, readStoredState, totalByCommand } from './stored-state.js';

export interface KillLoopOptions {
  readonly rounds: number;
  readonly mode: Mode;
  /** Empty folder of the run; state is kept in `data` under it. */
  readonly folder: string;
  /** Decides on all load and on the moment of every kill. */
  readonly random: Random;
  /** Callers at once. */
  readonly workers: number;
  /** Told after each round. */
  readonly onRound?: (round: number) => void;
}

export interface KillLoopResult {
  readonly rounds: number;
  /** Rounds in which the server was killed before it listened. */
  readonly killedAtStart: number;
  readonly acknowledged: number;
  /** Feedbacks under way at a kill; of these, those the server had applied. */
  readonly inFlight: number;
  readonly inFlightApplied: number;
  /** Everything that broke the promise, a sentence each. */
  readonly problems: readonly string[];
}

/** The kill comes within this time after the load began … */
const MAX_LOAD_MS = 400;
/** … or, in half of the rounds, in the moment an acknowledgement is read: of these one. */
const MAX_ACKNOWLEDGED = 60;
/** One round in so many is killed while it starts, and that soon. */
const START_KILLS = 8;
const MAX_START_MS = 400;
/** Acknowledged feedbacks sent once more after a restart. */
const REPEATS = 12;
const MAX_PROBLEMS = 50;

/** Short flushes and few namespaces in memory, so that kills hit writing and eviction too. */
const SETTINGS = { STORAGE_FLUSH_INTERVAL_MS: '20', MAX_NAMESPACES: '3', LOG_LEVEL: 'error' } as const;

/**
 * Kills a real server with SIGKILL at random moments under load, over and over on one folder. After each restart every
 * acknowledged feedback must be there exactly once, those under way at the kill at most once, and what is stored whole;
 * sending any of them again must be answered and never raise the count. Ends with an orderly stop and one more look.
 */
export function runKillLoop(options: KillLoopOptions): Promise<KillLoopResult> {
  return new KillLoop(options).run();
}

class KillLoop {
  private readonly ledger = new Ledger();
  private readonly load: Load;
  private readonly problems: string[] = [];
  private readonly storageDir: string;
  private server: ServerProcess | undefined;
  private round = 0;
  private killedAtStart = 0;
  private inFlight = 0;
  private inFlightApplied = 0;

  constructor(private readonly options: KillLoopOptions) {
    this.load = new Load(this.ledger, options.random);
    this.storageDir = join(options.folder, 'data');
    mkdirSync(this.storageDir, { recursive: true });
  }

  async run(): Promise<KillLoopResult> {
    const { rounds, onRound, random } = this.options;
    try {
      for (this.round = 1; this.round <= rounds && this.problems.length === 0; this.round++) {
        if (random.next() * START_KILLS < 1) await this.killWhileStarting();
        const url = await this.start();
        await this.checkAfterRestart(url);
        await this.killUnderLoad(url);
        onRound?.(this.round);
      }
      await this.checkAtTheEnd();
    } finally {
      await this.server?.kill();
    }
    const { killedAtStart, inFlight, inFlightApplied } = this;
    const acknowledged = this.ledger.count('acknowledged');
    return {
      rounds: this.round - 1,
      killedAtStart,
      acknowledged,
      inFlight,
      inFlightApplied,
      problems: this.problems.slice(0, MAX_PROBLEMS),
    };
  }

  private start(): Promise<string> {
    this.server = new ServerProcess(
      { ...SETTINGS, ...MODE_SETTINGS[this.options.mode], STORAGE_DIR: this.storageDir },
      this.options.folder,
    );
    return this.server.url;
  }

  private async killWhileStarting(): Promise<void> {
    const listening = this.start().catch(() => {});
    await Promise.race([listening, pause(this.options.random.next() * MAX_START_MS)]);
    await this.server?.kill();
    this.killedAtStart++;
  }

  private async killUnderLoad(url: string): Promise<void> {
    const { random, workers } = this.options;
    const afterAcknowledgements = random.next() < 0.5 ? 1 + Math.floor(random.next() * MAX_ACKNOWLEDGED) : 0;
    let killed: Promise<void> | undefined;
    let acknowledged = 0;
    const running = this.load.run(url, workers, () => {
      if (++acknowledged === afterAcknowledgements) killed = this.server?.kill();
    });
    await Promise.race([
      running,
      pause(afterAcknowledgements > 0 ? MAX_LOAD_MS : random.next() * MAX_LOAD_MS),
    ]);
    await (killed ?? this.server?.kill());
    this.load.stop();
    await running;
    this.takeSurprises();
  }

  /** Compares what is stored with what callers know; then settles the open feedbacks and repeats some of the others. */
  private async checkAfterRestart(url: string): Promise<void> {
    const open = this.ledger.inState('sent');
    const before = await readStoredState(this.storageDir, this.options.mode);
    if (before.integrity !== 'ok') this.problem(before.integrity);
    for (const namespace of NAMESPACES) {
      const least = this.ledger.count('acknowledged', namespace);
      const most = least + this.ledger.count('sent', namespace);
      const total = before.totals.get(namespace) ?? 0;
      if (total < least || total > most) {
        this.problem(`${namespace}: ${total} feedbacks stored, expected ${least} to ${most}`);
      }
    }
    for (const { requestId } of this.ledger.inState('acknowledged')) {
      if (!before.used.has(requestId)) this.problem(`${requestId} was acknowledged and is not stored`);
    }
    this.inFlight += open.length;
    this.inFlightApplied += open.filter(({ requestId }) => before.used.has(requestId)).length;
    const acknowledged = this.ledger.inState('acknowledged');
    for (const feedback of open) await this.load.send(url, feedback, !before.used.has(feedback.requestId));
    for (let i = 0; i < REPEATS && acknowledged.length > 0; i++) {
      // Mostly those of the last round, for what an old kill has not broken a new one may.
      const back = Math.floor(this.options.random.next() ** 3 * acknowledged.length);
      await this.load.send(url, acknowledged[acknowledged.length - 1 - back]!);
    }
    this.takeSurprises();
    await this.checkExactly();
  }

  /** With nothing under way, the counts must be equal: command, counter, cells, and what callers were told. */
  private async checkExactly(): Promise<void> {
    const stored = await readStoredState(this.storageDir, this.options.mode);
    if (stored.integrity !== 'ok') this.problem(stored.integrity);
    for (const namespace of NAMESPACES) {
      const expected = this.ledger.count('acknowledged', namespace);
      const counts = {
        counter: stored.totals.get(namespace) ?? 0,
        cells: stored.inCells.get(namespace) ?? 0,
      };
      for (const [where, count] of Object.entries(counts)) {
        if (count !== expected)
          this.problem(`${namespace}: ${where} say ${count} feedbacks, callers ${expected}`);
      }
    }
    const acknowledged = this.ledger.inState('acknowledged').map(({ requestId }) => requestId);
    const lost = acknowledged.filter((requestId) => !stored.used.has(requestId));
    for (const requestId of lost) this.problem(`${requestId} was acknowledged and is not stored`);
    if (stored.used.size !== acknowledged.length) {
      this.problem(`${stored.used.size} feedbacks are marked as used, callers know ${acknowledged.length}`);
    }
  }

  private async checkAtTheEnd(): Promise<void> {
    await this.checkAfterRestart(await this.start());
    await this.checkByCommand();
    await this.server?.stop();
    await this.checkExactly();
    await this.checkByCommand();
  }

  private async checkByCommand(): Promise<void> {
    for (const namespace of NAMESPACES) {
      const expected = this.ledger.count('acknowledged', namespace);
      const total = (await totalByCommand(this.storageDir, this.options.mode, namespace)) ?? 0;
      if (total !== expected) this.problem(`${namespace}: stats say ${total} feedbacks, callers ${expected}`);
    }
  }

  private takeSurprises(): void {
    for (const surprise of this.load.surprises.splice(0)) this.problem(surprise);
  }

  private problem(sentence: string): void {
    this.problems.push(`round ${this.round}: ${sentence}`);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
