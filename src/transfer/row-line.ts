import { KINDS, type Kind, type Row } from '../stores/store.js';

const MAX_KEY_LENGTH = 512;

/** A row as one line of JSON, line break included; equal rows give equal lines. */
export function rowLine({ kind, key, value, group, expiresAt }: Row): string {
  return `${JSON.stringify({ kind, key, value, group, expires_at: expiresAt })}\n`;
}

/** Reads what `rowLine` wrote, parsed; undefined where it is no row. */
export function readRow(parsed: unknown): Row | undefined {
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { kind, key, value, group, expires_at: expiresAt } = parsed as Record<string, unknown>;
  if (!isKind(kind) || !isKey(key) || typeof value !== 'string') return undefined;
  if (group !== undefined && typeof group !== 'string') return undefined;
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) return undefined;
  return {
    kind,
    key,
    value,
    ...(group === undefined ? {} : { group }),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt as number }),
  };
}

function isKind(value: unknown): value is Kind {
  return (KINDS as readonly unknown[]).includes(value);
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value.length >= 1 && value.length <= MAX_KEY_LENGTH;
}
