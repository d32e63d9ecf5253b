import { type Command, InvalidArgumentError } from 'commander';
import { INHERIT } from '../catalog/policies.js';
import { QUOTA_NAMES } from '../catalog/quota.js';
import type {
  NamespacePatch,
  NamespaceSpec,
  NamespaceView,
  QuotasSpec,
} from '../management/namespace-admin.js';
import { CommandError } from './context.js';

/** What `create` and `set` take. */
export interface NamespaceOptions {
  readonly name?: string;
  readonly tenant?: string;
  readonly parent?: string;
  readonly tier?: string;
  readonly owner?: string;
  readonly tag?: readonly string[];
  readonly quota?: Readonly<Record<string, unknown>>;
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
}

export function withNamespaceOptions(command: Command): Command {
  return command
    .option('--name <text>', 'what people call it')
    .option('--tenant <name>', 'whose it is')
    .option('--parent <namespace>', 'the registered namespace it stands below, for a name without dots')
    .option('--tier <tier>', 'free, pro or unlimited')
    .option('--owner <text>', 'who looks after it')
    .option('--tag <tag>', 'repeatable', collected)
    .option(
      '--quota <name=limit>',
      'a limit, none, or JSON as {"limit": 10, "action": "alert"}; repeatable',
      quota,
    )
    .option(
      '--policy <name=value>',
      'a number, true, false, never, inherit, a text, or JSON; repeatable',
      policy,
    )
    .option('--metadata <name=text>', 'repeatable', entry);
}

/** What `create` registers. */
export function specOf(id: string, options: NamespaceOptions): NamespaceSpec {
  const { name, tenant, parent, tier, owner, tag, quota: quotas, policy: policies, metadata } = options;
  const given = {
    name,
    tenant_id: tenant,
    parent_id: parent,
    tier,
    owner,
    tags: tag,
    quotas,
    policies,
    metadata,
  };
  // Whether the values are allowed is said by whoever keeps them.
  return { id, ...withoutUndefined(given) } as NamespaceSpec;
}

/** Fields that `--unset` takes away as a whole. */
const UNSETTABLE: Readonly<Record<string, keyof NamespacePatch>> = {
  name: 'name',
  tenant: 'tenant_id',
  parent: 'parent_id',
  tier: 'tier',
  owner: 'owner',
  tags: 'tags',
  quotas: 'quotas',
  metadata: 'metadata',
};

/** What `set` changes of a namespace: quotas, tags and metadata that are given come to those it has. */
export function patchOf(view: NamespaceView, options: NamespaceOptions): NamespacePatch {
  const { id: _, quotas, tags, metadata, policies, ...plain } = specOf(view.id, options);
  const patch: Record<string, unknown> = { ...plain };
  if (quotas !== undefined) patch.quotas = { ...view.quotas, ...quotas };
  if (metadata !== undefined) patch.metadata = { ...view.metadata, ...metadata };
  if (tags !== undefined) patch.tags = [...view.tags, ...tags];
  if (policies !== undefined) patch.policies = policies;
  for (const field of options.unset ?? []) unset(patch, field, view);
  if (Object.keys(patch).length === 0) throw new CommandError('nothing to set: give an option', 2);
  return patch as NamespacePatch;
}

function unset(patch: Record<string, unknown>, field: string, view: NamespaceView): void {
  const whole = Object.hasOwn(UNSETTABLE, field) ? UNSETTABLE[field] : undefined;
  const [group, ...rest] = field.split('.');
  const name = rest.join('.');
  if (whole !== undefined) {
    patch[whole] = null;
  } else if (group === 'policies' && name !== '') {
    patch.policies = {
      ...(patch.policies as object),
      [name]: name === 'retention_days' ? INHERIT : null,
    };
  } else if ((group === 'quotas' || group === 'metadata') && name !== '') {
    const { [name]: _, ...others } = (patch[group] ?? view[group]) as Record<string, unknown>;
    patch[group] = others;
  } else if (group === 'tags' && name !== '') {
    patch.tags = ((patch.tags ?? view.tags) as string[]).filter((tag) => tag !== name);
  } else {
    const known = [...Object.keys(UNSETTABLE), 'quotas.NAME', 'policies.NAME', 'metadata.NAME', 'tags.TAG'];
    throw new CommandError(`--unset ${field}: expected one of ${known.join(', ')}`, 2);
  }
}

export function collected(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function quota(text: string, before: QuotasSpec = {}): QuotasSpec {
  const [name, value] = nameAndValue(text);
  if (!(QUOTA_NAMES as readonly string[]).includes(name))
    throw new InvalidArgumentError(`No quota is called ${name}.`);
  if (value === 'none') return { ...before, [name]: null };
  const parsed = json(value);
  if (typeof parsed === 'number' || (typeof parsed === 'object' && parsed !== null))
    return { ...before, [name]: parsed };
  throw new InvalidArgumentError('Expected a whole number, none, or a JSON object.');
}

function policy(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const [name, value] = nameAndValue(text);
  if (value === 'never') return { ...before, [name]: null };
  return { ...before, [name]: json(value) ?? value };
}

function entry(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [name, value] = nameAndValue(text);
  return { ...before, [name]: value };
}

function nameAndValue(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new InvalidArgumentError('Expected NAME=VALUE.');
}

/** The value of a JSON text; undefined where it is none. */
function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withoutUndefined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
