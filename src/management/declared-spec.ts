import type { ValidationIssue } from '../base/errors.js';
import { readPolicies } from '../catalog/policies.js';
import { readQuotas } from '../catalog/quota.js';
import { addIssue, type Loc } from '../catalog/reading.js';
import type { Kept, NamespaceRecord } from '../catalog/record.js';
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

export const MAX_LABEL_LENGTH = 200;
export const MAX_TAGS = 64;
export const MAX_METADATA_ENTRIES = 64;
/** Of metadata, and of each value that is kept as it came, as JSON. */
export const MAX_KEPT_BYTES = 4096;

/**
 * Reads a namespace as callers and files write it, types already seen to. Bounds, quotas and policies that break rules go
 * to `issues` by where they are. Where it may stand, and what its tier allows, the catalog checks.
 */
export function readSpec(spec: NamespaceSpec, issues: ValidationIssue[], loc: Loc = []): SpecFields {
  const label = (field: 'name' | 'tenant_id' | 'owner' | 'backend'): string | null => {
    const text = spec[field];
    if (text === undefined || text === null) return null;
    checkLabel(text, issues, [...loc, field]);
    return text;
  };
  return {
    name: label('name') ?? spec.id,
    tenant_id: label('tenant_id'),
    parent_id: spec.parent_id ?? null,
    tier: spec.tier ?? null,
    quotas: readQuotas(spec.quotas ?? {}, issues, [...loc, 'quotas']),
    metadata: readMetadata(spec.metadata ?? {}, issues, [...loc, 'metadata']),
    tags: readTags(spec.tags ?? [], issues, [...loc, 'tags']),
    owner: label('owner'),
    policies: readPolicies(spec.policies ?? {}, issues, [...loc, 'policies']),
    capacity: readKept(spec.capacity, issues, [...loc, 'capacity']),
    access: readKept(spec.access, issues, [...loc, 'access']),
    backend: label('backend'),
    backend_config: readKept(spec.backend_config, issues, [...loc, 'backend_config']),
  };
}

/** One line of up to 200 characters, as people call something. */
export function checkLabel(text: string, issues: ValidationIssue[], loc: Loc): void {
  if (text.length === 0 || text.length > MAX_LABEL_LENGTH || /\p{Cc}/u.test(text))
    addIssue(issues, loc, `must be 1 to ${MAX_LABEL_LENGTH} printable characters`, 'value_error');
}

/** Each tag once, in their order. */
export function readTags(tags: readonly string[], issues: ValidationIssue[], loc: Loc): readonly string[] {
  if (tags.length > MAX_TAGS) addIssue(issues, loc, `must be at most ${MAX_TAGS}`, 'too_long');
  else for (const [index, tag] of tags.entries()) checkLabel(tag, issues, [...loc, index]);
  return [...new Set(tags)];
}

export function readMetadata(
  metadata: Readonly<Record<string, string>>,
  issues: ValidationIssue[],
  loc: Loc,
): Readonly<Record<string, string>> {
  const entries = Object.keys(metadata);
  if (entries.length > MAX_METADATA_ENTRIES)
    addIssue(issues, loc, `must have at most ${MAX_METADATA_ENTRIES} entries`, 'too_long');
  else for (const name of entries) checkLabel(name, issues, [...loc, name]);
  checkBytes(metadata, issues, loc);
  return metadata;
}

/** Any JSON; absent = null. */
export function readKept(value: Kept | undefined, issues: ValidationIssue[], loc: Loc): Kept {
  if (value === undefined) return null;
  checkBytes(value, issues, loc);
  return value;
}

function checkBytes(value: Kept, issues: ValidationIssue[], loc: Loc): void {
  if (Buffer.byteLength(JSON.stringify(value)) > MAX_KEPT_BYTES)
    addIssue(issues, loc, `must have at most ${MAX_KEPT_BYTES} bytes as JSON`, 'too_long');
}
