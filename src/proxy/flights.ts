import { ModelError } from '../base/model-call.js';

/** How one text was answered: a score, or why there is none. */
export type Outcome = { readonly score: number } | { readonly error: unknown };

/** Texts to score, by their digests. */
export type WantedTexts = ReadonlyMap<string, string>;

export interface FlightCall {
  /** Named so that equal questions share; see `questionOf`. */
  readonly question: string;
  readonly wanted: WantedTexts;
  /** Aborts when this caller waits no more; others go on waiting. */
  readonly signal: AbortSignal | undefined;
  /** Whether scores that others have asked for will do; they may have been asked for a while ago. */
  readonly joins: boolean;
  /** Asks the model for texts that nobody has asked for, once. */
  start(texts: readonly string[], signal: AbortSignal): readonly Promise<number>[];
  /** All that was started has ended; told before whoever waits for all of it goes on, unless all have left. Answers whether it is kept. */
  ended(outcomes: ReadonlyMap<string, Outcome>): boolean;
}

/** One call of the model, for all who wait for any of its scores. */
interface Flight {
  readonly controller: AbortController;
  readonly scores: ReadonlyMap<string, Promise<number>>;
  /** What has come so far. */
  readonly outcomes: Map<string, Outcome>;
  /** Resolves when all has come and `ended` was told. */
  readonly whole: Promise<void>;
  waiters: number;
  /** Whether what came is kept; while it is not over, it is to be. */
  isKept: boolean;
}

export interface Waited {
  readonly outcomes: Map<string, Outcome>;
  /** How many others had asked for already. */
  readonly joined: number;
  /** Whether all is kept, or is to be when the calls that it is part of have ended. */
  readonly isKept: boolean;
}

/**
 * What a model is being asked for: each text of a question once, however many want it. A call of the model is aborted
 * when the last who wait for it have left. Holds as much as the requests under way want.
 */
export class Flights {
  private readonly underWay = new Map<string, Map<string, Flight>>();

  has(question: string, digest: string): boolean {
    return this.underWay.get(question)?.has(digest) ?? false;
  }

  /** Waits for the outcomes of all wanted texts; never rejects. */
  async wait(call: FlightCall): Promise<Waited> {
    const { question, wanted, signal } = call;
    const mine = new Map<string, Flight>();
    const missing: string[] = [];
    for (const digest of wanted.keys()) {
      const flight = call.joins ? this.underWay.get(question)?.get(digest) : undefined;
      if (flight === undefined) missing.push(digest);
      else mine.set(digest, flight);
    }
    const joined = mine.size;
    const own = missing.length > 0 ? this.start(call, missing) : undefined;
    const coming = own === undefined ? [] : [own.whole];
    // Whoever joins waits for what it wants of a flight, not for all of it.
    for (const [digest, { scores }] of mine) coming.push(scores.get(digest)!.then(noted, noted));
    if (own !== undefined) for (const digest of missing) mine.set(digest, own);
    const flights = new Set(mine.values());
    for (const flight of flights) flight.waiters++;
    try {
      await unlessAborted(Promise.all(coming), signal);
      return { outcomes: outcomesOf(mine), joined, isKept: [...flights].every(({ isKept }) => isKept) };
    } finally {
      for (const flight of flights) this.leave(question, flight);
    }
  }

  /** Nobody joins what is under way from now on. */
  clear(): void {
    this.underWay.clear();
  }

  private start({ question, wanted, start, ended }: FlightCall, digests: readonly string[]): Flight {
    const controller = new AbortController();
    const promises = start(
      digests.map((digest) => wanted.get(digest)!),
      controller.signal,
    );
    const scores = new Map(digests.map((digest, index) => [digest, promises[index]!]));
    const outcomes = new Map<string, Outcome>();
    let land = (): void => undefined;
    const whole = new Promise<void>((resolve) => {
      land = resolve;
    });
    const flight: Flight = { controller, scores, outcomes, whole, waiters: 0, isKept: true };
    const texts = this.underWay.get(question) ?? new Map<string, Flight>();
    this.underWay.set(question, texts);
    for (const digest of digests) texts.set(digest, flight);
    const note = (digest: string, outcome: Outcome): void => {
      outcomes.set(digest, outcome);
      if (outcomes.size < digests.length) return;
      this.remove(question, flight);
      // Where nobody waits any more, the namespace may be gone since.
      flight.isKept = !controller.signal.aborted && ended(outcomes);
      land();
    };
    for (const [digest, score] of scores) {
      void score.then(
        (value) => note(digest, { score: value }),
        (error: unknown) => note(digest, { error }),
      );
    }
    return flight;
  }

  private leave(question: string, flight: Flight): void {
    flight.waiters--;
    if (flight.waiters > 0 || flight.outcomes.size === flight.scores.size) return;
    // Whoever comes now must not join what is being given up.
    this.remove(question, flight);
    flight.controller.abort(callerLeft());
  }

  private remove(question: string, flight: Flight): void {
    const texts = this.underWay.get(question);
    if (texts === undefined) return;
    for (const digest of flight.scores.keys()) if (texts.get(digest) === flight) texts.delete(digest);
    if (texts.size === 0) this.underWay.delete(question);
  }
}

/** What has come; the rest is late. */
function outcomesOf(mine: ReadonlyMap<string, Flight>): Map<string, Outcome> {
  let late: Outcome | undefined;
  const outcomes = new Map<string, Outcome>();
  for (const [digest, flight] of mine) {
    const outcome = flight.outcomes.get(digest);
    if (outcome === undefined) late ??= { error: callerLeft() };
    outcomes.set(digest, outcome ?? late!);
  }
  return outcomes;
}

function noted(): void {}

function callerLeft(): ModelError {
  return new ModelError('late', 'nobody waits for the scores any more');
}

/** Comes back when the work is done or the signal aborts. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) {
    await work;
    return;
  }
  if (signal.aborted) return;
  let give = (): void => undefined;
  const aborted = new Promise<void>((resolve) => {
    give = resolve;
  });
  signal.addEventListener('abort', give, { once: true });
  try {
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', give);
  }
}
