import type { ValidationIssue } from '../base/errors.js';
import { readKept, readMetadata, readTags, readText } from '../catalog/fields.js';
import { readPolicies } from '../catalog/policies.js';
import { readQuotas } from '../catalog/quota.js';
import type { Loc } from '../catalog/reading.js';
import type { NamespaceRecord } from '../catalog/record.js';
import type { NamespaceSpec } from './namespace-admin.js';

/** What a spec decides about a record; what it does not say is not set. `tenant_id` null: nobody said. */
export type SpecFields = Pick<
  NamespaceRecord,
  | 'name'
  | 'parent_id'
  | 'tier'
  | 'quotas'
  | 'metadata'
  | 'tags'
  | 'owner'
  | 'policies'
  | 'capacity'
  | 'access'
  | 'backend'
  | 'backend_config'
> & { readonly tenant_id: string | null };

/**
 * Reads a namespace as callers and files write it. Whatever breaks a rule goes to `issues` by where it is. Where it may
 * stand, and what its tier allows, the catalog checks.
 */
export function readSpec(spec: NamespaceSpec, issues: ValidationIssue[], loc: Loc = []): SpecFields {
  const text = (field: 'name' | 'tenant_id' | 'parent_id' | 'owner' | 'backend') =>
    spec[field] === undefined ? null : readText(spec[field], issues, [...loc, field]);
  const kept = (field: 'capacity' | 'access' | 'backend_config') =>
    spec[field] === undefined ? null : readKept(spec[field], issues, [...loc, field]);
  return {
    name: text('name') ?? spec.id,
    tenant_id: text('tenant_id'),
    parent_id: text('parent_id'),
    tier: spec.tier ?? null,
    quotas: readQuotas(spec.quotas ?? {}, issues, [...loc, 'quotas']),
    metadata: readMetadata(spec.metadata ?? {}, issues, [...loc, 'metadata']),
    tags: readTags(spec.tags ?? [], issues, [...loc, 'tags']),
    owner: text('owner'),
    policies: readPolicies(spec.policies ?? {}, issues, [...loc, 'policies']),
    capacity: kept('capacity'),
    access: kept('access'),
    backend: text('backend'),
    backend_config: kept('backend_config'),
  };
}
