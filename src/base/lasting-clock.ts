import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import type { Clock } from './clock.js';

const DAY_MS = 86_400_000;
/** Most time that may have gone by between two runs; what the wall clock says beyond it is not believed. */
const MAX_PAUSE_MS = 30 * DAY_MS;
/** How long after a start whose time is doubtful nothing may be removed for its age. */
const SETTLING_MS = DAY_MS;
const SAVE_INTERVAL_MS = 60_000;
const FORMAT = 1;
/** What a `Date` can hold. */
const MAX_TIME_MS = 8.64e15;

export interface LastingClockOptions {
  /** Where the last time is kept; absent = nowhere, the wall clock is believed. */
  readonly file?: string;
  /** Milliseconds since the epoch as the machine has it; default `Date.now`. Read once. */
  readonly wall?: () => number;
  /** Milliseconds that never go back; default `performance.now`. */
  readonly monotonic?: () => number;
  /** Told at the start what is odd about the time. */
  readonly onDoubt: (fields: object, message: string) => void;
  /** The last time could not be written; it is tried again within a minute. */
  readonly onSaveFailed: (error: Error) => void;
}

/**
 * The clock of a service that keeps state: wall clock at the start plus monotonic time, and the last time is kept in a
 * file, so that one wrong time server cannot age everything at once. A start more than 30 days after the last time counts
 * as 30 days after it; a start before it goes by the wall clock (what is older than it was decays by nothing meanwhile).
 * A missing file says nothing; a damaged one is set aside under a new name.
 */
export class LastingClock implements Clock {
  /** From when on ages may be trusted enough to remove something for them: a day after a doubtful start, else its start. */
  readonly settledAt: number;
  private readonly startedAt: number;
  private readonly origin: number;
  /** The latest time any run came to: going back once must not make the way forward look like a jump. */
  private latest: number;
  private timer: NodeJS.Timeout | undefined;
  /** Whether the file is to be set aside before it is written. */
  private isDamaged: boolean;
  private saving: Promise<void> | undefined;

  constructor(private readonly options: LastingClockOptions) {
    const { file, wall = Date.now, onDoubt } = options;
    const now = wall();
    this.origin = this.monotonic();
    const last = file === undefined ? undefined : readLastTime(file, onDoubt);
    this.isDamaged = last === 'damaged';
    const isJump = typeof last === 'number' && now > last + MAX_PAUSE_MS;
    this.startedAt = isJump ? last + MAX_PAUSE_MS : now;
    this.settledAt = this.startedAt + (isJump || this.isDamaged ? SETTLING_MS : 0);
    this.latest = typeof last === 'number' ? last : Number.NEGATIVE_INFINITY;
    if (isJump) {
      onDoubt(
        { file, last: iso(last), wall: iso(now), time: iso(this.startedAt) },
        'the clock is more than 30 days ahead of the last time here; it counts as 30 days, and retention waits a day ' +
          '(if the clock is right: stop, delete the file, start)',
      );
    } else if (now < this.latest) {
      onDoubt(
        { file, last: iso(this.latest), wall: iso(now) },
        'the clock is behind the last time here; nothing decays until it has caught up',
      );
    }
  }

  now(): number {
    return this.startedAt + (this.monotonic() - this.origin);
  }

  /** Keeps the time now and once a minute until `stop`. To be called once the folder is ours. */
  start(): void {
    this.timer = setInterval(() => void this.save(), SAVE_INTERVAL_MS);
    this.timer.unref();
    void this.save();
  }

  /** Keeps the time for the last time. Never rejects; takes as long as the disk does. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.saving;
    await this.save();
  }

  /** Writes the time, whole or not at all; joins the write under way if there is one. Never rejects. */
  save(): Promise<void> {
    this.saving ??= this.write().finally(() => {
      this.saving = undefined;
    });
    return this.saving;
  }

  private async write(): Promise<void> {
    const { file, onSaveFailed } = this.options;
    if (file === undefined) return;
    this.latest = Math.max(this.latest, this.now());
    const draft = `${file}.next`;
    try {
      if (this.isDamaged) await rename(file, `${file}.damaged-${Math.round(this.latest)}`);
      this.isDamaged = false;
      const text = `${JSON.stringify({ format: FORMAT, time: Math.round(this.latest) })}\n`;
      await writeFile(draft, text, { flush: true });
      await rename(draft, file);
    } catch (error) {
      onSaveFailed(error as Error);
    }
  }

  private monotonic(): number {
    return (this.options.monotonic ?? (() => performance.now()))();
  }
}

/** The time in the file; undefined where there is none, or it cannot be read. */
function readLastTime(file: string, onDoubt: LastingClockOptions['onDoubt']): number | 'damaged' | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT')
      onDoubt({ file, code }, 'the last time cannot be read; the wall clock is believed');
    return undefined;
  }
  const time = parseTime(text);
  if (time !== undefined) return time;
  onDoubt({ file }, 'the last time is damaged and will be set aside; retention waits a day');
  return 'damaged';
}

function parseTime(text: string): number | undefined {
  try {
    const { format, time } = JSON.parse(text) as { format?: unknown; time?: unknown };
    const isTime = typeof time === 'number' && Number.isInteger(time) && Math.abs(time) <= MAX_TIME_MS;
    return format === FORMAT && isTime ? time : undefined;
  } catch {
    // Not JSON: the caller reports the file as damaged.
    return undefined;
  }
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
