import { withinTime } from '../base/within-time.js';
import { type Bucket, type BucketRule, levelAt, pour } from './bucket.js';

/** Share of the burst that is reserved ahead, at least one unit: what a crash may cost, besides `marginOf`. */
const RESERVED_SHARE = 0.01;
/** How long requests go on without the disk before it is asked again. */
const RETRY_MS = 10_000;
/** What rounding may make of a level, in units. */
const TOLERANCE = 1e-6;

/** How the count of a day is kept. */
export interface DayStorage {
  /** What was kept last; undefined = nothing. */
  read(levelId: string): Readonly<Bucket> | undefined;
  /** Resolves once it is safe. */
  write(levelId: string, kept: Readonly<Bucket>): Promise<void>;
  /** Longest that requests wait for the disk; then they go on. */
  readonly patienceMs: number;
  /** It could not be kept, or not in time: until it can, a crash forgets what was admitted. */
  onUnsaved(levelId: string, error: unknown): void;
}

/**
 * A bucket whose level survives `kill -9`: before units are admitted, a level that covers them is on disk, some units ahead
 * so that few requests wait for it. A start resumes at what was kept, which is at least what was admitted: never more is
 * admitted than promised. Where the disk fails, requests go on.
 */
export class DayBucket {
  readonly bucket: Bucket;
  /** What is on disk: at any time at least as much as was admitted. */
  private kept: Readonly<Bucket>;
  private writing: Promise<void> | undefined;
  private reserving: Promise<void> | undefined;
  private uncoveredUntil = Number.NEGATIVE_INFINITY;
  private isClosed = false;

  constructor(
    private readonly levelId: string,
    private readonly storage: DayStorage,
    private readonly clock: { now(): number },
  ) {
    const stored = storage.read(levelId);
    // A time in the future was another clock's: it must not hold the level up until that time comes.
    const at = Math.min(stored?.at ?? 0, clock.now());
    this.bucket = { level: stored?.level ?? 0, at };
    this.kept = { ...this.bucket };
  }

  /** Whether so many more units are on disk already, or the disk is not waited for just now. */
  covers(rule: BucketRule, units: number): boolean {
    const now = this.clock.now();
    if (now < this.uncoveredUntil || this.isClosed) return true;
    return levelAt(this.bucket, rule, now) + units <= levelAt(this.kept, rule, now) + TOLERANCE;
  }

  /**
   * Resolves once such units may be on disk, or the disk had its time: then look again. Whoever asks while somebody waits
   * waits for the same.
   */
  reserve(rule: BucketRule, units: number): Promise<void> {
    if (this.covers(rule, units)) return Promise.resolve();
    this.reserving ??= this.awaitDisk(rule, units).finally(() => {
      this.reserving = undefined;
    });
    return this.reserving;
  }

  /** The disk had its time: it is not waited for until it is asked again. */
  giveUp(): void {
    const { patienceMs } = this.storage;
    this.goOnWithout(new Error(`the count of the day was not kept within ${patienceMs} ms`));
  }

  /** Pours units in, and reserves more where they run low: for so many who wait, at least. */
  take(rule: BucketRule, units: number, waiting = 0): void {
    const now = this.clock.now();
    pour(this.bucket, rule, now, units);
    const ahead = levelAt(this.kept, rule, now) - levelAt(this.bucket, rule, now);
    const isDue = ahead < chunkOf(rule) / 2 && now >= this.uncoveredUntil;
    if (isDue && !this.isClosed && this.writing === undefined) void this.write(rule, waiting + 1);
  }

  /** Whether nothing is lost with it. */
  isAtRest(rule: BucketRule): boolean {
    const now = this.clock.now();
    const isEmpty = levelAt(this.bucket, rule, now) === 0 && levelAt(this.kept, rule, now) === 0;
    return isEmpty && this.writing === undefined;
  }

  /** Ends writing; resolves once nothing of it is under way. With `keep` what was really admitted is kept, so an orderly end costs nothing. */
  async close(keep: boolean): Promise<void> {
    this.isClosed = true;
    await this.writing;
    if (!keep || (this.bucket.level === this.kept.level && this.bucket.at === this.kept.at)) return;
    try {
      await this.storage.write(this.levelId, { ...this.bucket });
    } catch (error) {
      this.storage.onUnsaved(this.levelId, error);
    }
  }

  private async awaitDisk(rule: BucketRule, units: number): Promise<void> {
    const writing = this.writing ?? this.write(rule, units);
    if (!(await withinTime(writing, this.storage.patienceMs))) this.giveUp();
  }

  /** Never rejects. */
  private write(rule: BucketRule, units: number): Promise<void> {
    const at = this.clock.now();
    const margin = this.marginOf(rule);
    const wanted = levelAt(this.bucket, rule, at) + Math.max(units, chunkOf(rule)) + margin;
    // Somewhat beyond the burst: at its limit a namespace would else have to wait for the disk with every request.
    const kept = { level: Math.min(wanted, rule.burst + chunkOf(rule) + margin), at };
    const written = this.storage.write(this.levelId, kept).then(
      () => {
        this.kept = kept;
        this.uncoveredUntil = Number.NEGATIVE_INFINITY;
      },
      (error: unknown) => this.goOnWithout(error),
    );
    this.writing = written.finally(() => {
      this.writing = undefined;
    });
    return this.writing;
  }

  /**
   * What drains from the kept level while the disk writes it, and a unit for what is slow besides: a bucket that is empty
   * drains no further meanwhile, so without it the level would never cover what it was written for.
   */
  private marginOf({ perMs }: BucketRule): number {
    return 1 + perMs * this.storage.patienceMs;
  }

  private goOnWithout(error: unknown): void {
    const now = this.clock.now();
    if (now < this.uncoveredUntil) return;
    this.uncoveredUntil = now + RETRY_MS;
    this.storage.onUnsaved(this.levelId, error);
  }
}

function chunkOf({ burst }: BucketRule): number {
  return Math.max(1, Math.floor(burst * RESERVED_SHARE));
}
