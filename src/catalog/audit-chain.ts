import { hash } from 'node:crypto';
import type { AuditRow } from '../stores/catalog-store.js';

/** What the first row follows on. */
const GENESIS = '0'.repeat(64);
const SALT_BYTES = 16;

/** What happened, before it has a place in the log. */
export interface AuditEntry {
  /** Milliseconds since the epoch, whole. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  /** Empty where it is about no namespace. */
  readonly namespace: string;
  readonly requestId: string;
  /** JSON values; undefined is kept as null. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** So many unguessable bytes: `crypto.randomBytes`, or what a test says. */
export type RandomBytes = (size: number) => Uint8Array;

/**
 * The row that follows on `previous` (undefined = it is the first). Each row's hash covers the one before, so none can be
 * changed, left out or moved; of its values it covers a hash alone, so that these can be taken away (`redact`) and the
 * chain still holds. A salt keeps values that were taken away from being guessed.
 */
export function nextRow(
  previous: AuditRow | undefined,
  entry: AuditEntry,
  randomBytes: RandomBytes,
): AuditRow {
  const { at, actor, action, namespace, requestId, before = null, after = null } = entry;
  const salt = Buffer.from(randomBytes(SALT_BYTES)).toString('hex');
  const values = JSON.stringify({ before, after, salt });
  const seq = (previous?.seq ?? 0) + 1;
  const row = { seq, at, actor, action, namespace, requestId, values, valuesHash: hash('sha256', values) };
  return { ...row, hash: rowHash(previous?.hash ?? GENESIS, row) };
}

/** SHA-256 of the canonical form: a JSON array, whose order and quoting leave nothing open. */
function rowHash(previousHash: string, row: Omit<AuditRow, 'hash'>): string {
  const { seq, at, actor, action, namespace, requestId, valuesHash } = row;
  return hash(
    'sha256',
    JSON.stringify([previousHash, seq, at, actor, action, namespace, requestId, valuesHash]),
  );
}

/** The first row that does not fit, and why, in a few words. */
export interface ChainProblem {
  readonly seq: number;
  readonly why: string;
}

/** The action of the entry that says a namespace is gone, and accounts for the values taken away before it. */
export const PURGED = 'namespace.purged';

/**
 * Verifies a log that arrives in parts, whatever its length. What no chain can tell by itself is that the newest rows are
 * missing: compare `last` with the hashes in the log lines.
 */
export class ChainVerifier {
  private bad: ChainProblem | null = null;
  private count = 0;
  /** First row of each namespace whose values are gone, until a row says that the namespace was purged. */
  private readonly unexplained = new Map<string, number>();

  /** `last`: what the first row follows on; undefined = the log is read from its start. */
  constructor(public last?: AuditRow) {}

  /** Rows verified so far. */
  get verified(): number {
    return this.count;
  }

  /** Whether each row so far follows on the one before. */
  get intact(): boolean {
    return this.bad === null;
  }

  /** Rows in ascending order; nothing more is looked at behind a bad one. */
  add(rows: Iterable<AuditRow>): void {
    for (const row of rows) {
      if (this.bad !== null) return;
      const why = linkProblem(row, this.last);
      if (why !== undefined) {
        this.bad = { seq: row.seq, why };
        return;
      }
      this.account(row);
      this.last = row;
      this.count++;
    }
  }

  /** The first that does not fit, once all rows were added; null = all do. */
  problem(): ChainProblem | null {
    if (this.bad !== null || this.unexplained.size === 0) return this.bad;
    return { seq: Math.min(...this.unexplained.values()), why: 'its values were taken away without a purge' };
  }

  private account({ seq, action, namespace, values }: AuditRow): void {
    if (values === null && !this.unexplained.has(namespace)) this.unexplained.set(namespace, seq);
    if (values !== null && action === PURGED) this.unexplained.delete(namespace);
  }
}

function linkProblem(row: AuditRow, previous: AuditRow | undefined): string | undefined {
  const expected = (previous?.seq ?? 0) + 1;
  if (row.seq !== expected) return `it should be entry ${expected}`;
  if (row.values !== null && hash('sha256', row.values) !== row.valuesHash)
    return 'its values are not those it was written with';
  if (rowHash(previous?.hash ?? GENESIS, row) !== row.hash)
    return 'it, or the one before, is not as it was written';
  return undefined;
}

/** Verifies rows in ascending order that follow on `previous` (undefined = from the start); null = they are as written. */
export function verifyChain(rows: Iterable<AuditRow>, previous?: AuditRow): ChainProblem | null {
  const verifier = new ChainVerifier(previous);
  verifier.add(rows);
  return verifier.problem();
}

/** The JSON values of a row; null once they were taken away. */
export function auditValues(row: AuditRow): { before: unknown; after: unknown } | null {
  if (row.values === null) return null;
  const { before, after } = JSON.parse(row.values) as { before: unknown; after: unknown };
  return { before, after };
}
