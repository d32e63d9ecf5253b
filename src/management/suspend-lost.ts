import { auditValues, PURGED } from '../catalog/audit-chain.js';
import type { NamespaceCatalog } from '../catalog/catalog.js';
import type { AuditRow } from '../stores/catalog-store.js';
import { asItIs } from './namespace-view.js';

const PAGE = 1000;
const BY_US = { actor: 'system', requestId: '' };

/** What became of namespaces whose records are lost. */
export interface LostRecords {
  /** Registered anew, suspended. */
  readonly suspended: readonly string[];
  /** Those for which that was refused. */
  readonly failed: readonly string[];
}

/**
 * For a catalog of which records were lost: whoever was kept from something, by the last that the audit log knows, is
 * suspended until somebody decides. Costs a walk over the log. Rejects with `AppError` 503.
 */
export async function suspendLost(
  catalog: NamespaceCatalog,
  { defaultName, now }: { readonly defaultName: string; readonly now: number },
): Promise<LostRecords> {
  const lost = [...(await lastStatuses(catalog))].filter(
    ([id, status]) => status !== 'active' && id !== defaultName && catalog.record(id) === undefined,
  );
  const [suspended, failed]: [string[], string[]] = [[], []];
  // Those above come first: what stands below them is theirs.
  for (const id of lost.map(([id]) => id).sort()) {
    try {
      await catalog.change(BY_US, (view) => ({
        put: [{ ...asItIs(id, view, now), status: 'suspended' as const }],
        audit: [{ action: 'namespace.recover', namespace: id, after: { status: 'suspended' } }],
        result: undefined,
      }));
      suspended.push(id);
    } catch {
      failed.push(id);
    }
  }
  return { suspended, failed };
}

/** By namespace, of those that were not purged. */
async function lastStatuses(catalog: NamespaceCatalog): Promise<Map<string, string>> {
  const statuses = new Map<string, string>();
  for (let after = 0; ; ) {
    const rows = await catalog.audit({}, after, PAGE);
    // A purge takes the values of all before it away: what it was counts no longer.
    for (const row of rows) {
      const status = statusIn(row);
      if (row.values === null || row.action === PURGED) statuses.delete(row.namespace);
      else if (status !== undefined) statuses.set(row.namespace, status);
    }
    if (rows.length < PAGE) return statuses;
    after = rows.at(-1)!.seq;
  }
}

function statusIn(row: AuditRow): string | undefined {
  const status = (auditValues(row)?.after as { status?: unknown } | null | undefined)?.status;
  return typeof status === 'string' ? status : undefined;
}
