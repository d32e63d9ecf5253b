import type { Effective } from '../catalog/effective.js';
import type { AddressLimit } from './address-limit.js';
import type { Connections } from './connections.js';
import type { WaitReason } from './draws.js';
import type { FairTurns } from './fair-turns.js';
import type { QuotaUse } from './measured.js';
import type { Presence } from './presence.js';
import type { QuotaPlan } from './quota-plan.js';
import type { Limit } from './refusals.js';

/** Told of what happens; every method returns at once and never throws. */
export interface AdmissionEvents {
  /** A request was over a limit; `levelId` says whose pool that is, if it is one's. */
  refused(limit: Limit, namespace: string, levelId?: string): void;
  /** A request was let in, and this much of a quota is used: its warning threshold or more. */
  warned(use: QuotaUse, namespace: string): void;
  /** A wait ended, however. */
  waited(reason: WaitReason | 'turn', waitedMs: number, namespace: string): void;
  /** The count of a day is not on disk: a crash would forget it. */
  usageUnsaved(levelId: string, error: unknown): void;
}

/** What every request passes: made once, shared by all permits. */
export interface Gate {
  readonly clock: { now(): number };
  /** Longest wait for a quota. */
  readonly quotaWaitMs: number;
  /** Beyond it, longest that a request waits for the count of a day. */
  readonly usageWaitMs: number;
  readonly events: AdmissionEvents;
  readonly connections: Connections;
  /** Undefined = no rate of callers. */
  readonly callers: AddressLimit | undefined;
  readonly turns: FairTurns;
  /** Who is inside, and who waits to be. */
  readonly inside: Presence;
  readonly outside: Presence;
  effective(namespace: string): Effective;
  /** Undefined = no quotas. */
  planOf(effective: Effective): QuotaPlan | undefined;
  /** Whether a name may be used that nobody registered, as far as no family above it is closed. */
  mayUse(namespace: string): boolean;
}
