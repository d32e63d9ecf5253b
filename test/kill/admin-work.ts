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

/** One change: what it asks for, and what is so once it has been done. */
interface Change {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly after: Pair;
  /** Its namespaces have learned something first, under words that are nowhere else. */
  readonly teaches?: string;
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
  /** Words of namespaces that were purged, acknowledged or found so. */
  readonly purgedWords: string[] = [];
  private readonly words: (string | undefined)[] = [undefined, undefined];

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
      if (change.teaches !== undefined && !(await this.teach(url, change))) return;
      this.underWay = change;
      const status = await send(url, change.method, change.path, change.body);
      if (status === undefined) return;
      if (status >= 300) throw new Error(`${change.method} ${change.path} was answered ${status}`);
      this.settle(change.after);
      this.acknowledged += 1;
    }
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
    for (const side of [0, 1]) {
      const word = this.words[side];
      if (this.settled[side] !== null && found[side] === null && word !== undefined) {
        this.purgedWords.push(word);
        this.words[side] = undefined;
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
    const known = this.settled[side]!;
    const path = `/admin/namespaces/${this.ids[side]}`;
    if (known === null) {
      const fresh = this.fresh();
      const { owner, limit } = fresh;
      const body = { id: this.ids[side], owner, quotas: { max_concurrent_queries: limit } };
      return { method: 'POST', path: '/admin/namespaces', body, after: this.with(side, fresh) };
    }
    const kind = this.random.next();
    if (kind < 0.3) {
      this.words[side] ??= `unique${this.number}x${side}x${this.turn}word`;
      const after = this.with(side, null);
      return { method: 'DELETE', path: `${path}?force=true&grace=0`, after, teaches: this.ids[side] };
    }
    if (kind < 0.5) {
      const status = known.status === 'suspended' ? 'active' : 'suspended';
      const after = this.with(side, { ...known, status });
      return { method: 'PUT', path: `${path}/status`, body: { status }, after };
    }
    if (kind < 0.75) {
      const after = this.with(side, { ...known, owner: `owner-${this.turn}` });
      return { method: 'PATCH', path, body: { owner: `owner-${this.turn}` }, after };
    }
    const limit = 1 + this.turn;
    const body = { max_concurrent_queries: limit };
    return { method: 'PUT', path: `${path}/quotas`, body, after: this.with(side, { ...known, limit }) };
  }

  /** Both at once: a kill must not tear them apart. */
  private apply(): Change {
    const { owner, limit } = this.fresh();
    const namespaces = this.ids.map((id) => ({ id, owner, quotas: { max_concurrent_queries: limit } }));
    const [left, right] = this.settled;
    const after: Pair = [
      { owner, limit, status: left?.status ?? 'active' },
      { owner, limit, status: right?.status ?? 'active' },
    ];
    return { method: 'POST', path: '/admin/apply', body: { namespaces }, after };
  }

  private fresh(): Known {
    return { owner: `owner-${this.turn}`, limit: 1 + this.turn, status: 'active' };
  }

  private with(side: number, known: Known | null): Pair {
    return side === 0 ? [known, this.settled[1]] : [this.settled[0], known];
  }

  /** Leaves the word in documents, ids and the query of a namespace, if it may be used; false = the server is gone. */
  private async teach(url: string, { teaches }: Change): Promise<boolean> {
    const side = this.ids.indexOf(teaches!);
    const word = this.words[side]!;
    if (this.settled[side]!.status !== 'active') return true;
    const body = {
      query: `${word} query`,
      documents: [
        { id: `${word}-a`, text: `${word} first text` },
        { id: `${word}-b`, text: `${word} second text` },
      ],
    };
    const path = `/ns/${teaches}/rerank`;
    const status = await send(url, 'POST', path, body);
    if (status === undefined) return false;
    return (
      (await send(url, 'POST', `/ns/${teaches}/feedback`, {
        query: `${word} query`,
        selected_ids: [`${word}-a`],
      })) !== undefined
    );
  }
}

/** The status of an answer; undefined where the server went away instead. */
async function send(url: string, method: string, path: string, body?: object): Promise<number | undefined> {
  try {
    const response = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${KILL_TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
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
