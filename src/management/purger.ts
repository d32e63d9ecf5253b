import { AppError } from '../base/errors.js';
import { PURGED } from '../catalog/audit-chain.js';
import type { CatalogView } from '../catalog/catalog-view.js';
import type { NamespaceRecord } from '../catalog/record.js';
import { isLeaving, statusRefusal } from '../catalog/status.js';
import type { ErasedState } from '../stores/store.js';
import type { ManagementOptions } from './management-options.js';
import { type NamesInUse, refuseUsedBelow } from './names-in-use.js';
import type { AdminCall, ErasedNamespace } from './namespace-admin.js';
import type { Numbers } from './namespace-numbers.js';
import { authorOf, type RecordChanges } from './record-changes.js';
import type { RepeatedAnswers } from './repeated-answers.js';
import { asked } from './store-trouble.js';

/** Row of kind `answer` that is there from a purge until the catalog was compacted: a crash in between is made up for. */
const COMPACTION_KEY = 'compaction';
const NOTHING: ErasedState = { rows: 0, bytes: 0, files: [], left: [] };

type Parts = ManagementOptions & {
  readonly inUse: NamesInUse;
  readonly numbers: Numbers;
  readonly changes: RecordChanges;
  readonly answers: RepeatedAnswers;
};

/**
 * Erases namespaces. A purge begins by saying so in the record (`deleted`), and its last change removes the record;
 * whatever ends it in between, it can go on from wherever it is, for each of its steps may be done again:
 *
 * 1. requests inside are waited for, then ended;
 * 2. in turn, one namespace after the other: it leaves memory, and while nobody can open it, its state and what caches
 *    hold of it are erased, and looked for;
 * 3. one commit removes its record, counts and answers, takes the values of its audit entries away and says that it is
 *    purged;
 * 4. admission, metrics and whoever else names it forget it, and the catalog is compacted, once for all that were purged
 *    by then. What fails here undoes nothing: it is told of, and the catalog compacted later.
 */
export class Purger {
  private tail: Promise<unknown> = Promise.resolve();
  /** Names whose purge is under way here. */
  private readonly underWay = new Set<string>();
  private readonly working = new Set<Promise<unknown>>();
  /** One that waits for its turn. */
  private compaction: Promise<void> | undefined;
  private isStopped = false;
  private endWaits = (): void => undefined;
  private readonly stopped = new Promise<void>((resolve) => {
    this.endWaits = resolve;
  });

  constructor(private readonly parts: Parts) {}

  /**
   * Purges a namespace now; one whose purge has begun before and is not under way is gone on with. Rejects with `AppError`
   * 404, 409 (the default namespace; some are registered, or in use, below; it is under way), 412, and 503 where the disk does not let
   * go: to be called again.
   */
  async purge(id: string, call: AdminCall): Promise<ErasedNamespace> {
    const refuse = () => {
      throw statusRefusal(id, 'deleted', false)!;
    };
    const names = await this.parts.inUse.allNow();
    await this.claim(id, call, ({ status }, catalog) => {
      if (!isLeaving(status)) refuseUsedBelow(id, names, catalog);
      return !this.underWay.has(id) || refuse();
    });
    return this.finish(id, call);
  }

  /** As `purge`, of one whose time has come by now; of others nothing. */
  async purgeDue(id: string, call: AdminCall): Promise<void> {
    const record = this.parts.catalog.record(id);
    if (record === undefined || !this.isDue(record)) return;
    // In its turn it may be restored, or put off.
    if (await this.claim(id, call, (now) => this.isDue(now))) await this.finish(id, call);
  }

  /** Whether its purge is to begin, or to go on. */
  isDue({ id, status, deletion }: NamespaceRecord): boolean {
    if (this.underWay.has(id)) return false;
    if (status === 'deleted') return true;
    const { catalog, clock } = this.parts;
    const isOver = status === 'pending_deletion' && (deletion?.purge_at ?? 0) <= clock.now();
    // Those below it, which may have been deleted with it, go first.
    return isOver && catalog.descendantsOf(id).length === 0;
  }

  /** Compacts the catalog if a purge was cut short before it could. Rejects with `AppError` 503. */
  finishCompaction(): Promise<void> {
    return this.inTurn(async () => {
      if ((await this.parts.catalog.answer(COMPACTION_KEY)) !== undefined) await this.compact();
    });
  }

  /** Those that wait end with 503, to be gone on with at the next start; resolves when the one that erases has ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.endWaits();
    while (this.working.size > 0) await Promise.allSettled(this.working);
  }

  /** Says in the record that the purge has begun, and here that it is ours, in one turn of the catalog; false = not to be. */
  private async claim(
    id: string,
    call: AdminCall,
    isToBe: (record: NamespaceRecord, catalog: CatalogView) => boolean,
  ): Promise<boolean> {
    let isOurs = false;
    try {
      await this.parts.changes.make(id, 'namespace.purge_begun', call, (record, catalog) => {
        if (!isOurs && !isToBe(record, catalog)) return {};
        isOurs = true;
        this.underWay.add(id);
        const { status, deletion } = record;
        if (status === 'deleted') return {};
        const now = Math.floor(this.parts.clock.now());
        const { since, before } = deletion ?? { since: now, before: status };
        return { status: 'deleted', deletion: { since, purge_at: now, before } };
      });
    } catch (error) {
      if (isOurs) this.underWay.delete(id);
      throw error;
    }
    return isOurs;
  }

  private finish(id: string, call: AdminCall): Promise<ErasedNamespace> {
    const done = this.drainAndErase(id, call).finally(() => {
      this.underWay.delete(id);
      this.working.delete(done);
    });
    this.working.add(done);
    return done;
  }

  private async drainAndErase(id: string, call: AdminCall): Promise<ErasedNamespace> {
    const { admission, drainTimeoutMs } = this.parts;
    await Promise.race([admission?.drain(id, drainTimeoutMs), this.stopped]);
    const { erased, left } = await this.inTurn(() => this.eraseAndRemove(id, call));
    await this.told(id, async () => admission?.forget(id));
    this.parts.events?.purged?.(id);
    const isCompacted = await this.told(null, () => this.compactSoon());
    return { id, status: 'deleted', erased, verified: isCompacted && left.length === 0, left };
  }

  private async eraseAndRemove(
    id: string,
    call: AdminCall,
  ): Promise<Pick<ErasedNamespace, 'erased' | 'left'>> {
    if (this.isStopped)
      throw new AppError('UNAVAILABLE', 'The server is shutting down; the purge goes on at its next start');
    const { residents, pairs, inUse, numbers } = this.parts;
    const cachedPairs = pairs?.forget({ namespace: id }) ?? 0;
    let [state, cached] = [NOTHING, NOTHING];
    // Those inside were ended: what they still do changes nothing, so nobody waits for them.
    await residents.evict(
      id,
      'dropped',
      async () => {
        [state, cached] = await this.erase(id);
      },
      Promise.resolve(),
    );
    const erased = {
      rows: state.rows,
      bytes: state.bytes + cached.bytes,
      cached_pairs: cachedPairs + cached.rows,
      files: [...state.files, ...cached.files],
    };
    const left = [...state.left, ...cached.left];
    await this.remove(id, call, { ...erased, files: erased.files.length, left: left.length });
    inUse.forget(id);
    numbers.forget(id);
    return { erased, left };
  }

  /** Answers what of its state, and of what is cached of it, there was. */
  private async erase(id: string): Promise<[ErasedState, ErasedState]> {
    const { store } = this.parts;
    const state = await asked(store.erase(id), 'erased');
    const cached = await this.eraseCached(id);
    const { rows } = await asked(store.usage(id));
    const isThere = (await asked(store.namespaces())).includes(id);
    if (isThere || Object.values(rows).some((count) => count > 0)) throw somethingLeft();
    return [state, cached];
  }

  /** Twice where something came in between: the first may take a while. */
  private async eraseCached(id: string): Promise<ErasedState> {
    const { cache } = this.parts;
    if (cache === undefined) return NOTHING;
    const first = await asked(cache.erase(id), 'erased');
    if ((await asked(cache.count(id))) === 0) return first;
    const second = await asked(cache.erase(id), 'erased');
    if ((await asked(cache.count(id))) > 0) throw somethingLeft();
    return {
      rows: first.rows + second.rows,
      bytes: first.bytes + second.bytes,
      files: [...first.files, ...second.files],
      left: second.left,
    };
  }

  private async remove(id: string, call: AdminCall, counts: object): Promise<void> {
    const { catalog, answers } = this.parts;
    const removal = await answers.removalOf(id);
    await catalog.change(authorOf(call), () => ({
      remove: [id],
      rows: [...removal, { put: { kind: 'answer', key: COMPACTION_KEY, value: '{}' } }],
      redact: id,
      audit: [{ action: PURGED, namespace: id, after: counts }],
      result: undefined,
    }));
  }

  /** After all purges that are in line by now. */
  private compactSoon(): Promise<void> {
    this.compaction ??= this.inTurn(() => {
      this.compaction = undefined;
      return this.compact();
    });
    return this.compaction;
  }

  /** In its turn, so that no purge sets the row between the two. */
  private async compact(): Promise<void> {
    const { catalog } = this.parts;
    await catalog.compact();
    await catalog.change({ actor: 'system', requestId: '' }, () => ({
      rows: [{ remove: { kind: 'answer', key: COMPACTION_KEY } }],
      result: undefined,
    }));
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.tail.then(work);
    this.tail = done.catch(() => undefined);
    return done;
  }

  /** Whether it could be done; if not, that is told. */
  private async told(id: string | null, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.parts.events?.failed?.('sweep', id, error);
      return false;
    }
  }
}

function somethingLeft(): AppError {
  return new AppError('UNAVAILABLE', 'Something of the namespace is still stored; the purge goes on');
}
