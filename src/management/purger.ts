import { AppError } from '../base/errors.js';
import { PURGED } from '../catalog/audit-chain.js';
import { statusRefusal } from '../catalog/status.js';
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
 * Erases namespaces, one after the other. A purge begins by saying so in the record (`deleted`), and its last change
 * removes the record; whatever ends it in between, `finish` goes on from wherever it is, for each of its steps may be
 * done again:
 *
 * 1. requests inside are waited for, then ended;
 * 2. it leaves memory, and while nobody can open it, its state and what caches hold of it are erased, and looked for;
 * 3. one commit removes its record, counts and answers, takes the values of its audit entries away and says that it is
 *    purged;
 * 4. the catalog is compacted; admission, metrics and whoever else names it forget it.
 */
export class Purger {
  private tail: Promise<unknown> = Promise.resolve();
  private readonly underWay = new Set<string>();

  constructor(private readonly parts: Parts) {}

  /**
   * Says that a purge has begun. Rejects with `AppError` 404, 409 (the default namespace; some are registered below; it has
   * begun before), 412, 503.
   */
  async begin(id: string, call: AdminCall): Promise<void> {
    const names = await this.parts.inUse.allNow();
    const at = Math.floor(this.parts.clock.now());
    await this.parts.changes.make(id, 'namespace.purge_begun', call, ({ status, deletion }, now) => {
      if (status === 'deleted') throw statusRefusal(id, status, false)!;
      if (status !== 'pending_deletion') refuseUsedBelow(id, names, now);
      const { since, before } = deletion ?? { since: at, before: status };
      return { status: 'deleted', deletion: { since, purge_at: at, before } };
    });
  }

  /** As `begin`, of one whose time has come by now; answers false where it was restored, put off, or is gone. */
  async beginDue(id: string, call: AdminCall): Promise<boolean> {
    const { catalog, changes, clock } = this.parts;
    const isDue = () => {
      const record = catalog.record(id);
      return record?.status === 'pending_deletion' && (record.deletion?.purge_at ?? 0) <= clock.now();
    };
    if (!isDue()) return false;
    await changes.make(id, 'namespace.purge_begun', call, ({ deletion }) =>
      // In its turn it may be another.
      isDue() ? { status: 'deleted', deletion: { ...deletion!, purge_at: Math.floor(clock.now()) } } : {},
    );
    return catalog.record(id)?.status === 'deleted';
  }

  /** Whether a purge that has begun is waiting or at work. */
  isUnderWay(id: string): boolean {
    return this.underWay.has(id);
  }

  /**
   * Does what is left to do of a purge that has begun and is not under way, after those that came before. Rejects with
   * `AppError` 503 where the disk does not let go: to be called again.
   */
  finish(id: string, call: AdminCall): Promise<ErasedNamespace> {
    this.underWay.add(id);
    const done = this.tail
      .then(() => this.purge(id, call))
      .finally(() => {
        this.underWay.delete(id);
      });
    this.tail = done.catch(() => undefined);
    return done;
  }

  /** Compacts the catalog if a purge was cut short before it could. Rejects with `AppError` 503. */
  async finishCompaction(): Promise<void> {
    const { catalog } = this.parts;
    if ((await catalog.answer(COMPACTION_KEY)) !== undefined) await this.compact();
  }

  /** Resolves once the purges that were called for have ended, however. */
  async idle(): Promise<void> {
    await this.tail;
  }

  private async purge(id: string, call: AdminCall): Promise<ErasedNamespace> {
    const { residents, pairs, admission, drainTimeoutMs } = this.parts;
    await admission?.drain(id, drainTimeoutMs);
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
    this.parts.inUse.forget(id);
    this.parts.numbers.forget(id);
    await admission?.forget(id);
    this.parts.events?.purged?.(id);
    await this.compact();
    return { id, status: 'deleted', erased, verified: left.length === 0, left };
  }

  /** Answers what of its state, and of what is cached of it, there was. */
  private async erase(id: string): Promise<[ErasedState, ErasedState]> {
    const { store, cache } = this.parts;
    const state = await asked(store.erase(id), 'erased');
    const cached = (await (cache && asked(cache.erase(id), 'erased'))) ?? NOTHING;
    const { rows } = await asked(store.usage(id));
    const isThere = (await asked(store.namespaces())).includes(id);
    if (isThere || Object.values(rows).some((count) => count > 0))
      throw new AppError('UNAVAILABLE', 'Something of the namespace is still stored; the purge goes on');
    return [state, cached];
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

  private async compact(): Promise<void> {
    const { catalog } = this.parts;
    await catalog.compact();
    await catalog.change({ actor: 'system', requestId: '' }, () => ({
      rows: [{ remove: { kind: 'answer', key: COMPACTION_KEY } }],
      result: undefined,
    }));
  }
}
