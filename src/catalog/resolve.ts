import type { Effective, QuotaLevel } from './effective.js';
import { POLICY_NAMES, type Policies, type PolicyName } from './policies.js';
import { QUOTA_NAMES, type QuotaName, type QuotaSpec, TIER_QUOTAS, type Tier } from './quota.js';
import { frozen } from './reading.js';
import type { NamespaceRecord } from './record.js';
import { type KeptStatus, restrictiveness } from './status.js';

/**
 * What holds for a name whose line upwards is `line`: its own record first if it is registered, then those above. Takes
 * some microseconds; see `NamespaceCatalog.effective`, which remembers.
 */
export function resolveEffective(name: string, line: readonly NamespaceRecord[]): Effective {
  const { status, statusOf } = resolveStatus(name, line);
  const { tier, tierOf } = resolveTier(line);
  const policies: Record<string, unknown> = {};
  const policiesOf: Partial<Record<PolicyName, string>> = {};
  for (const policy of POLICY_NAMES) {
    const from = line.find((record) => record.policies[policy] !== undefined);
    if (from === undefined) continue;
    policies[policy] = from.policies[policy];
    policiesOf[policy] = from.id;
  }
  return frozen<Effective>({
    name,
    isRegistered: line[0]?.id === name,
    status,
    statusOf,
    tier,
    tierOf,
    levels: line.map(levelOf).filter((level) => level !== null),
    policies: policies as Policies,
    policiesOf,
  });
}

/** The most restrictive status of a line, and the nearest one that has it. */
function resolveStatus(
  name: string,
  line: readonly NamespaceRecord[],
): { status: KeptStatus; statusOf: string } {
  let [status, statusOf]: [KeptStatus, string] = [
    'active',
    line[0]?.id === name ? name : (line[0]?.id ?? name),
  ];
  for (const record of line)
    if (restrictiveness(record.status) > restrictiveness(status))
      [status, statusOf] = [record.status, record.id];
  return { status, statusOf };
}

/** The nearest tier that is set; without any `unlimited`. */
export function resolveTier(line: readonly NamespaceRecord[]): { tier: Tier; tierOf: string | null } {
  const from = line.find(({ tier }) => tier !== null);
  return { tier: from?.tier ?? 'unlimited', tierOf: from?.id ?? null };
}

/**
 * The family above or at this name that takes nobody who is not registered, as it bounds how many there are; undefined =
 * none, or the name is registered. Whoever used such a name would get around the bound.
 */
export function closedFamilyOf({ isRegistered, levels }: Effective): string | undefined {
  if (isRegistered) return undefined;
  return levels.find(({ quotas }) => (quotas.get('max_namespaces')?.action ?? 'alert') !== 'alert')?.id;
}

type Limited = QuotaSpec & { readonly limit: number };

/** Levels by record: both are frozen, and one never changes without the other. */
const levels = new WeakMap<NamespaceRecord, QuotaLevel | null>();

/** The pool at a namespace, null where it limits nothing. */
function levelOf(record: NamespaceRecord): QuotaLevel | null {
  let level = levels.get(record);
  if (level === undefined) {
    level = makeLevel(record);
    levels.set(record, level);
  }
  return level;
}

function makeLevel({ id, tier, quotas: own }: NamespaceRecord): QuotaLevel | null {
  const quotas = new Map<QuotaName, Limited>();
  for (const name of QUOTA_NAMES) {
    const spec = own[name] ?? (tier === null ? undefined : TIER_QUOTAS[tier][name]);
    if (spec !== undefined && spec.limit !== null) quotas.set(name, spec as Limited);
  }
  return quotas.size === 0 ? null : frozen({ id, quotas });
}
