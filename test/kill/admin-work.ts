import type { Random } from '../../src/base/random.js';

export const KILL_TOKEN = 'kill-loop-administrator';

/** What a caller knows of one namespace: the fields the loop changes. */
export interface Known {
  readonly owner: string;
  readonly limit: number;
  readonly status: string;
}

/** The two namespaces of a caller; null = there is none. */
export type Pair = readonly [Known | null, Known | null];

/** One change: what it asks for over HTTP and on the command line, and what is so once it has been done. */
interface Change {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  /** `Idempotency-Key`. */
  readonly key?: string;
  readonly args: readonly string[];
  /** For the stdin of the command. */
  readonly input?: string;
  readonly after: Pair;
  /** The side that it purges. */
  readonly purges?: Side;
}

type Side = 0 | 1;

/** What is nowhere but in one life of one namespace. */
interface Trace {
  readonly word: string;
  /** Whether it was learned too, not only written into the record. */
  isTaught: boolean;
}

/** A change for the command line to make. */
export interface Command {
  readonly args: readonly string[];
  /** For its stdin. */
  readonly input: string;
}

/**
 * One caller with two namespaces of its own. It makes one change at a time, so after a kill its namespaces are as before
 * or after the change under way, both together.
 */
export class AdminWork {
  private settled: Pair = [null, null];
  private underWay: Change | undefined;
  private turn = 0;
  /** Changes acknowledged. */
  acknowledged = 0;
  /** Told of each. */
  onAcknowledged: (() => void) | undefined;
  /** Of namespaces that were purged, acknowledged or found so. */
  readonly purged: Trace[] = [];
  /** Purges before which `/metrics` named the namespace; after each it must not. */
  labelsGone = 0;
  private readonly traces: [Trace | undefined, Trace | undefined] = [undefined, undefined];

  constructor(
    private readonly number: number,
    private readonly random: Random,
  ) {}

  get ids(): readonly [string, string] {
    return [`worker-${this.number}-left`, `worker-${this.number}-right`];
  }

  /** Changes until the server is gone. Throws where it answers what no kill explains. */
  async run(url: string): Promise<void> {
    for (;;) {
      const change = this.next();
      const { method, path, body, key, purges } = change;
      const isTaught = purges === undefined ? false : await this.teach(url, purges);
      if (isTaught === undefined) return;
      const labelled = isTaught ? await this.isLabelled(url, purges!) : false;
      if (labelled === undefined) return;
      this.underWay = change;
      const status = await send(url, method, path, body, key);
      if (status === undefined) return;
      if (status >= 300) throw new Error(`${method} ${path} was answered ${status}`);
      this.done(change);
      if (purges === undefined) continue;
      if (await this.isLabelled(url, purges))
        throw new Error(`/metrics names ${this.ids[purges]}, which is purged`);
      if (labelled) this.labelsGone += 1;
    }
  }

  /** A change for the command line; to be told of with `commandDone`, unless it was killed. */
  command(): Command {
    this.underWay = this.next();
    return { args: this.underWay.args, input: this.underWay.input ?? '' };
  }

  commandDone(): void {
    this.done(this.underWay!);
  }

  private done({ after }: Change): void {
    this.settle(after);
    this.acknowledged += 1;
    this.onAcknowledged?.();
  }

  /** Compares what a new server says with what may be so; answers what is wrong. `read` gives null for a name that is gone. */
  async check(read: (id: string) => Promise<Known | null>): Promise<string | undefined> {
    const found: Pair = [await read(this.ids[0]), await read(this.ids[1])];
    const possible = [this.settled, ...(this.underWay ? [this.underWay.after] : [])];
    if (!possible.some((pair) => JSON.stringify(pair) === JSON.stringify(found)))
      return `worker ${this.number} found ${JSON.stringify(found)}, possible were ${JSON.stringify(possible)}`;
    this.settle(found);
    return undefined;
  }

  private settle(found: Pair): void {
    for (const side of [0, 1] as const) {
      const trace = this.traces[side];
      if (this.settled[side] !== null && found[side] === null && trace !== undefined) {
        this.purged.push(trace);
        this.traces[side] = undefined;
      }
    }
    this.settled = found;
    this.underWay = undefined;
  }

  private next(): Change {
    this.turn += 1;
    const dice = this.random.next();
    if (dice < 0.25) return this.apply();
    const side = dice < 0.6 ? 0 : 1;
    const id = this.ids[side];
    const known = this.settled[side];
    const path = `/admin/namespaces/${id}`;
    if (known === null) {
      const spec = this.spec(side);
      const { owner, limit, word } = spec;
      const given = ['--owner', owner, '--quota', `max_concurrent_queries=${limit}`];
      return {
        method: 'POST',
        path: '/admin/namespaces',
        body: spec.body,
        key: `${word}-key`,
        args: [
          'namespaces',
          'create',
          id,
          ...given,
          '--metadata',
          `note=${word} note`,
          '--tag',
          `${word}-tag`,
        ],
        after: this.with(side, { owner, limit, status: 'active' }),
      };
    }
    const kind = this.random.next();
    if (kind < 0.3)
      return {
        method: 'DELETE',
        path: `${path}?force=true&grace=0`,
        args: ['namespaces', 'drop', id, '--force'],
        after: this.with(side, null),
        purges: side,
      };
    if (kind < 0.5) {
      const status = known.status === 'suspended' ? 'active' : 'suspended';
      return {
        method: 'PUT',
        path: `${path}/status`,
        body: { status },
        args: ['namespaces', 'status', id, status],
        after: this.with(side, { ...known, status }),
      };
    }
    if (kind < 0.75) {
      const { owner } = this.spec(side);
      const args = ['namespaces', 'set', id, '--owner', owner];
      return { method: 'PATCH', path, body: { owner }, args, after: this.with(side, { ...known, owner }) };
    }
    const limit = 1 + this.turn;
    return {
      method: 'PUT',
      path: `${path}/quotas`,
      body: { max_concurrent_queries: limit },
      args: ['namespaces', 'set', id, '--quota', `max_concurrent_queries=${limit}`],
      after: this.with(side, { ...known, limit }),
    };
  }

  /** Both at once: a kill must not tear them apart. */
  private apply(): Change {
    const specs = [this.spec(0), this.spec(1)] as const;
    const after = [0, 1].map((side) => {
      const { owner, limit } = specs[side]!;
      return { owner, limit, status: this.settled[side]?.status ?? 'active' };
    });
    return {
      method: 'POST',
      path: '/admin/apply',
      body: { namespaces: specs.map(({ body }) => body) },
      args: ['namespaces', 'apply', '-'],
      // JSON is YAML.
      input: JSON.stringify({
        namespaces: specs.map(({ body: { id: namespace, ...rest } }) => ({ namespace, ...rest })),
      }),
      after: [after[0]!, after[1]!],
    };
  }

  /** A namespace whole, with its word in every field that takes text. */
  private spec(side: Side) {
    this.traces[side] ??= { word: `unique${this.number}x${side}x${this.turn}word`, isTaught: false };
    const { word } = this.traces[side];
    const [owner, limit] = [`${word}-owner-${this.turn}`, 1 + this.turn];
    const quotas = { max_concurrent_queries: limit };
    const kept = { metadata: { note: `${word} note` }, tags: [`${word}-tag`] };
    return { word, owner, limit, body: { id: this.ids[side], owner, quotas, ...kept } };
  }

  private with(side: Side, known: Known | null): Pair {
    return side === 0 ? [known, this.settled[1]] : [this.settled[0], known];
  }

  /**
   * Leaves the word in documents, ids and the query of a namespace. False where that may not be used; undefined = the
   * server is gone.
   */
  private async teach(url: string, side: Side): Promise<boolean | undefined> {
    if (this.settled[side]!.status !== 'active') return false;
    const trace = this.traces[side]!;
    const { word } = trace;
    const documents = ['a', 'b'].map((id) => ({ id: `${word}-${id}`, text: `${word} text ${id}` }));
    const asked = { query: `${word} query`, documents };
    const chosen = { query: `${word} query`, selected_ids: [`${word}-a`] };
    for (const [what, body] of [
      ['rerank', asked],
      ['feedback', chosen],
    ] as const) {
      const status = await send(url, 'POST', `/ns/${this.ids[side]}/${what}`, body);
      if (status === undefined) return undefined;
      if (status !== 200) throw new Error(`${what} in ${this.ids[side]} was answered ${status}`);
    }
    trace.isTaught = true;
    return true;
  }

  /** Whether `/metrics` names a namespace; undefined = the server is gone. */
  private async isLabelled(url: string, side: Side): Promise<boolean | undefined> {
    try {
      const text = await (await fetch(`${url}/metrics`)).text();
      return text.includes(`"${this.ids[side]}"`);
    } catch {
      // Killed; whatever else is wrong with it the next start tells.
      return undefined;
    }
  }
}

/** The status of an answer; undefined where the server went away instead. */
async function send(
  url: string,
  method: string,
  path: string,
  body?: object,
  key?: string,
): Promise<number | undefined> {
  try {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${KILL_TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return undefined;
  }
}

/** One namespace as the admin API shows it; null for one that is not there. Rejects with its status while it is being purged. */
export async function readKnown(url: string, id: string): Promise<Known | null | 'purging'> {
  const response = await fetch(`${url}/admin/namespaces/${id}`, {
    headers: { authorization: `Bearer ${KILL_TOKEN}` },
  });
  const text = await response.text();
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`${id} was answered ${response.status}: ${text.slice(0, 300)}`);
  const { owner, quotas, status } = JSON.parse(text) as {
    owner: string;
    quotas: { max_concurrent_queries: { limit: number } };
    status: string;
  };
  return status === 'deleted' ? 'purging' : { owner, limit: quotas.max_concurrent_queries.limit, status };
}
