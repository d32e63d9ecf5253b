import { KINDS, type Kind, type Row, type StoreUsage } from './store.js';

/**
 * A row with only the members it needs: no group where there is none, no expiry where it is absent or not finite
 * (which both mean never). The row is frozen, for drivers hand the same one out again.
 */
export function makeRow(
  kind: Kind,
  key: string,
  value: string,
  group?: string | null,
  expiresAt?: number | null,
): Row {
  const hasGroup = group !== undefined && group !== null;
  const expires = typeof expiresAt === 'number' && Number.isFinite(expiresAt);
  return Object.freeze({
    kind,
    key,
    value,
    ...(hasGroup ? { group } : {}),
    ...(expires ? { expiresAt } : {}),
  });
}

/** Over all kinds. */
export function totalOf(usage: StoreUsage): { rows: number; bytes: number } {
  const sum = (counts: Readonly<Record<Kind, number>>) =>
    KINDS.reduce((total, kind) => total + counts[kind], 0);
  return { rows: sum(usage.rows), bytes: sum(usage.bytes) };
}

/** Of a namespace without rows. */
export function noUsage(): { rows: Record<Kind, number>; bytes: Record<Kind, number> } {
  const zeros = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  return { rows: zeros, bytes: { ...zeros } };
}
