import type { CatalogView } from '../catalog/catalog-view.js';
import type { Effective } from '../catalog/effective.js';
import { POLICY_NAMES } from '../catalog/policies.js';
import type { QuotaName, QuotaSpec } from '../catalog/quota.js';
import { defaultTenant, type NamespaceRecord, newRecord } from '../catalog/record.js';
import type { Status } from '../catalog/status.js';
import type { ManagementOptions } from './management-options.js';
import type { EffectiveView, NamespaceView } from './namespace-admin.js';

type Parts = Pick<ManagementOptions, 'store' | 'settings' | 'isDegraded' | 'shardId'>;

/** Times as answers show them: RFC 3339; null stays null. */
export function timeText(ms: number | null): string | null {
  return ms === null ? null : new Date(Math.floor(ms)).toISOString();
}

/** What a namespace shows of itself: what holds, `degraded` where its store fails what would otherwise work. */
export function statusOf(effective: Effective, isDegraded: Parts['isDegraded']): Status {
  const { status, name } = effective;
  const mayDegrade = status === 'active' || status === 'read_only';
  return mayDegrade && isDegraded?.(name) ? 'degraded' : status;
}

/** The record that registering a namespace as it is makes. */
export function asItIs(id: string, catalog: CatalogView, now: number): NamespaceRecord {
  return newRecord(id, tenantOf(id, catalog), now);
}

export function tenantOf(id: string, catalog: CatalogView): string {
  const parent = catalog.parentOf(id);
  return (
    catalog.record(id)?.tenant_id ?? defaultTenant(id, parent === null ? undefined : catalog.record(parent))
  );
}

/** A namespace as answers show it, registered or merely in use. Takes some microseconds. */
export function viewOf(
  id: string,
  catalog: CatalogView,
  parts: Parts,
  lastUsedAt: number | null,
): NamespaceView {
  const record = catalog.record(id);
  const shown = record ?? asItIs(id, catalog, 0);
  const effective = catalog.effective(id);
  return {
    id,
    name: shown.name,
    tenant_id: shown.tenant_id,
    parent_id: catalog.parentOf(id),
    path: catalog.pathOf(id),
    status: statusOf(effective, parts.isDegraded),
    tier: shown.tier,
    quotas: shown.quotas,
    metadata: shown.metadata,
    tags: shown.tags,
    owner: shown.owner,
    policies: shown.policies,
    capacity: shown.capacity,
    access: shown.access,
    backend: shown.backend ?? parts.store.name,
    backend_config: shown.backend_config,
    shard_id: shardOf(parts),
    created_at: record === undefined ? null : timeText(record.created_at),
    updated_at: record === undefined ? null : timeText(record.updated_at),
    last_used_at: timeText(lastUsedAt),
    registered: record !== undefined,
    children: catalog.childCount(id),
    purge_at: timeText(shown.deletion?.purge_at ?? null),
    effective: effectiveView(effective, catalog, parts.settings),
    revision: record?.revision ?? 0,
  };
}

export function shardOf({ shardId = 'local' }: Pick<ManagementOptions, 'shardId'>): string {
  return shardId;
}

function effectiveView(
  { status, statusOf: from, tier, tierOf, levels, policies, policiesOf }: Effective,
  catalog: CatalogView,
  settings: Parts['settings'],
): EffectiveView {
  const quotas: Partial<Record<QuotaName, QuotaSpec & { from: string }>> = {};
  for (const level of levels) {
    const record = catalog.record(level.id);
    for (const [name, spec] of level.quotas) {
      if ((quotas[name]?.limit ?? Number.POSITIVE_INFINITY) <= spec.limit) continue;
      const isOwn = record?.quotas[name] !== undefined;
      quotas[name] = { ...spec, from: isOwn ? level.id : `tier:${record?.tier ?? tier}` };
    }
  }
  const held: Record<string, { value: unknown; from: string }> = {};
  for (const name of POLICY_NAMES) {
    const by = policiesOf[name];
    held[name] =
      by === undefined
        ? { value: settings[name] ?? null, from: 'settings' }
        : { value: policies[name], from: by };
  }
  return {
    status: { value: status, from },
    tier: { value: tier, from: tierOf ?? 'settings' },
    quotas,
    policies: held,
  };
}
