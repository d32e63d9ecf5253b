import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditValues, ChainVerifier, nextRow, verifyChain } from '../../src/catalog/audit-chain.js';
import type { AuditRow } from '../../src/stores/catalog-store.js';

const bytes = (size: number) => new Uint8Array(size).fill(1);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function chainOf(entries: readonly { namespace: string; action?: string; after?: unknown }[]): AuditRow[] {
  const rows: AuditRow[] = [];
  for (const { action = 'namespace.update', ...entry } of entries)
    rows.push(nextRow(rows.at(-1), { at: 5, actor: 'file', requestId: 'r', action, ...entry }, bytes));
  return rows;
}

const redacted = (rows: readonly AuditRow[], namespace: string, upTo = rows.length) =>
  rows.map((row) => (row.namespace === namespace && row.seq <= upTo ? { ...row, values: null } : row));

describe('the chain of the audit log', () => {
  it('is SHA-256 over what was written, from 64 zeros on', () => {
    const [row] = chainOf([{ namespace: 'a', action: 'namespace.create', after: { tier: 'free' } }]);
    const values = `{"before":null,"after":{"tier":"free"},"salt":"${'01'.repeat(16)}"}`;
    const told = ['0'.repeat(64), 1, 5, 'file', 'namespace.create', 'a', 'r', sha256(values)];
    expect(row).toEqual({
      seq: 1,
      at: 5,
      actor: 'file',
      action: 'namespace.create',
      namespace: 'a',
      requestId: 'r',
      values,
      valuesHash: sha256(values),
      hash: sha256(JSON.stringify(told)),
    });
    expect(auditValues(row!)).toEqual({ before: null, after: { tier: 'free' } });
    expect(auditValues({ ...row!, values: null })).toBeNull();
  });

  it('holds as it was written, whole or in parts', () => {
    const rows = chainOf([{ namespace: 'a' }, { namespace: 'b' }, { namespace: '' }, { namespace: 'a' }]);
    expect(verifyChain([])).toBeNull();
    expect(verifyChain(rows)).toBeNull();
    expect(verifyChain(rows.slice(2), rows[1])).toBeNull();
    const verifier = new ChainVerifier();
    verifier.add(rows.slice(0, 3));
    verifier.add(rows.slice(3));
    expect([verifier.verified, verifier.last, verifier.problem()]).toEqual([4, rows[3], null]);
  });

  it('still holds once the values of a purged namespace are gone, also of one that was purged twice', () => {
    const once = redacted(chainOf([{ namespace: 'a' }, { namespace: 'b' }]), 'a');
    const gone = [...once, ...chainFrom(once, ['a', 'namespace.purged'])];
    expect(verifyChain(gone)).toBeNull();
    const again = redacted([...gone, ...chainFrom(gone, ['a', 'namespace.create'])], 'a');
    expect(verifyChain([...again, ...chainFrom(again, ['a', 'namespace.purged'])])).toBeNull();
  });

  it('names values that were taken away though no purge says so', () => {
    const rows = redacted(chainOf([{ namespace: 'b' }, { namespace: 'a' }, { namespace: 'b' }]), 'b', 2);
    expect(verifyChain(rows)).toEqual({ seq: 1, why: 'its values were taken away without a purge' });
    // A purge whose own values are gone accounts for nothing: only a later one could have taken them.
    const purged = redacted(
      chainOf([{ namespace: 'a' }, { namespace: 'a', action: 'namespace.purged' }]),
      'a',
    );
    expect(verifyChain(purged)).toMatchObject({ seq: 1 });
  });

  it('finds any change of any field of any row, a row left out, and rows that changed places', () => {
    const entry = fc.record({ namespace: fc.constantFrom('a', 'b', ''), after: fc.jsonValue() });
    const field = fc.constantFrom(
      'seq',
      'at',
      'actor',
      'action',
      'namespace',
      'requestId',
      'values',
      'valuesHash',
      'hash',
    );
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 2, maxLength: 8 }),
        fc.nat(),
        field,
        (entries, place, name) => {
          const rows = chainOf(entries);
          const at = place % rows.length;
          const value = rows[at]![name as keyof AuditRow];
          const other = typeof value === 'number' ? value + 1 : `${value}x`;
          const changed = rows.with(at, { ...rows[at]!, [name]: other } as AuditRow);
          expect(verifyChain(changed)).not.toBeNull();
          // Nothing before it is called bad.
          expect(verifyChain(changed)!.seq).toBeGreaterThanOrEqual(at + 1);
          if (at < rows.length - 1) {
            expect(verifyChain(rows.toSpliced(at, 1))).not.toBeNull();
            expect(verifyChain(rows.with(at, rows[at + 1]!).with(at + 1, rows[at]!))).not.toBeNull();
          }
        },
      ),
    );
  });

  it('says nothing more of rows behind a bad one', () => {
    const rows = chainOf([{ namespace: 'a' }, { namespace: 'a' }, { namespace: 'a' }]);
    const bad = rows.with(1, { ...rows[1]!, actor: 'mallory' });
    expect(verifyChain(bad)).toEqual({ seq: 2, why: 'it, or the one before, is not as it was written' });
    expect(verifyChain(rows.with(0, { ...rows[0]!, values: '{}' }))).toEqual({
      seq: 1,
      why: 'its values are not those it was written with',
    });
    expect(verifyChain(rows.slice(1))).toEqual({ seq: 2, why: 'it should be entry 1' });
  });
});

function chainFrom(rows: readonly AuditRow[], [namespace, action]: [string, string]): AuditRow[] {
  return [nextRow(rows.at(-1), { at: 6, actor: 'system', requestId: '', action, namespace }, bytes)];
}
