import { describe, expect, it } from 'vitest';
import type { ValidationIssue } from '../../src/base/errors.js';
import { readKept, readMetadata, readTags, readText } from '../../src/catalog/fields.js';
import { defaultTenant, type NamespaceRecord } from '../../src/catalog/record.js';
import {
  checkedRecord,
  readRecord,
  recordRow,
  UnreadableRecord,
  unreadableRecord,
} from '../../src/catalog/record-row.js';
import { recordOf } from './home.js';

const FULL: NamespaceRecord = recordOf('acme.search', {
  name: 'Search',
  status: 'pending_deletion',
  tier: 'pro',
  quotas: { max_vectors: { limit: 7, warning_threshold: 0.5, action: 'alert' } },
  metadata: { team: 'search', 'line\tbreak': 'a\nb' },
  tags: ['x', 'y'],
  owner: 'me',
  policies: { retention_days: null, scorer: 'lexical' },
  capacity: { estimated_read_rps: 5000 },
  access: [{ team: 'a' }],
  backend: 'sqlite',
  backend_config: {},
  revision: 4,
  deletion: { since: 1, purge_at: 2, before: 'read_only' },
  declared: true,
});

const withoutControls = { ...FULL, metadata: { team: 'search' } };

describe('a record', () => {
  it('is read back as it was written, frozen', () => {
    const read = readRecord(recordRow(withoutControls));
    expect(read).toEqual(withoutControls);
    expect(Object.isFrozen(read)).toBe(true);
    expect(Object.isFrozen(read.metadata)).toBe(true);
  });

  it('of a version 1 file can be read', () => {
    const value =
      '{"version":1,"id":"a","name":"a","tenant_id":"a","parent_id":null,"status":"active","tier":"free","quotas":{"max_vectors":{"limit":5,"warning_threshold":0.8,"action":"reject"}},"metadata":{},"tags":[],"owner":null,"policies":{"retention_days":90},"capacity":null,"access":null,"backend":null,"backend_config":null,"created_at":1,"updated_at":2,"revision":3,"deletion":null,"declared":false}';
    expect(readRecord({ key: 'a', value })).toMatchObject({ id: 'a', tier: 'free', revision: 3 });
  });

  it.each<[string, (row: Record<string, unknown>) => unknown]>([
    ['no JSON', () => undefined],
    ['no object', () => []],
    ['another id', (row) => ({ ...row, id: 'b' })],
    ['no version', (row) => ({ ...row, version: undefined })],
    ['a field too many', (row) => ({ ...row, colour: 1 })],
    ['a field too few', (row) => ({ ...row, tags: undefined })],
    ['an unknown status', (row) => ({ ...row, status: 'degraded' })],
    ['an unknown tier', (row) => ({ ...row, tier: 'gold' })],
    ['a negative quota', (row) => ({ ...row, quotas: { max_vectors: -1 } })],
    ['an unknown policy', (row) => ({ ...row, policies: { colour: 1 } })],
    ['no revision', (row) => ({ ...row, revision: 0 })],
    ['no time', (row) => ({ ...row, created_at: null })],
    ['a status without its deletion', (row) => ({ ...row, deletion: null })],
    ['a deletion without its status', (row) => ({ ...row, status: 'active' })],
    [
      'a deletion that began as one',
      (row) => ({ ...row, deletion: { since: 1, purge_at: 2, before: 'deleted' } }),
    ],
  ])('with %s is not read', (_, spoil) => {
    const row = recordRow(withoutControls);
    const spoilt = spoil(JSON.parse(row.value));
    expect(() => readRecord({ ...row, value: JSON.stringify(spoilt) ?? '{' })).toThrow(UnreadableRecord);
  });

  it('of a newer version is known as such', () => {
    const row = recordRow(withoutControls);
    const value = row.value.replace('"version":1', '"version":2');
    expect(() => readRecord({ ...row, value })).toThrow(expect.objectContaining({ isNewer: true }));
  });

  it('that cannot be read says nothing of what is in it, and counts as suspended', () => {
    try {
      readRecord({ key: 'a', value: '{"version":1,"owner":7,"name":"secret name"}' });
      expect.unreachable();
    } catch (error) {
      expect((error as Error).message).not.toContain('secret');
    }
    expect(unreadableRecord('acme.x')).toMatchObject({
      id: 'acme.x',
      tenant_id: 'acme',
      status: 'suspended',
    });
  });

  it('that could not be read back is not written', () => {
    expect(() => checkedRecord(FULL)).toThrow(
      expect.objectContaining({
        code: 'VALIDATION_ERROR',
        detail: [expect.objectContaining({ loc: ['metadata'] })],
      }),
    );
    expect(checkedRecord(withoutControls)).toEqual(withoutControls);
  });

  it('belongs to the tenant above, at the top to that of its first label', () => {
    expect(defaultTenant('acme.x', recordOf('acme', { tenant_id: 't' }))).toBe('t');
    expect(defaultTenant('acme.x', undefined)).toBe('acme');
    expect(defaultTenant('.x', undefined)).toBe('.x');
  });
});

describe('fields of a record', () => {
  const issuesOf = (read: (issues: ValidationIssue[]) => unknown) => {
    const issues: ValidationIssue[] = [];
    read(issues);
    return issues.map(({ loc }) => loc.join('.'));
  };

  it('texts are not empty, not too long, and show what they hold', () => {
    const bad = ['', 'a'.repeat(257), 'a\u0000', 'a\u0085', '\ud800', 5, null];
    for (const given of bad)
      expect(issuesOf((issues) => readText(given, issues, ['name']))).toEqual(['name']);
    // Characters are counted as people do: an emoji is one.
    for (const given of ['a', 'ä'.repeat(256), '😀'.repeat(256)])
      expect(issuesOf((issues) => readText(given, issues, ['name']))).toEqual([]);
  });

  it('metadata is texts by name, in entries and bytes bounded', () => {
    const entries = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, '']));
    const check = (given: unknown) => issuesOf((issues) => readMetadata(given, issues));
    expect(check(entries(64))).toEqual([]);
    expect(check(entries(65))).toEqual(['metadata']);
    // 1 byte of name and 2 bytes for each ä: 4095 and 4097.
    expect(check({ k: 'ä'.repeat(2047) })).toEqual([]);
    expect(check({ k: 'ä'.repeat(2048) })).toEqual(['metadata']);
    expect(check({ k: 1 })).toEqual(['metadata.k']);
    expect(check({ k: '\ud800' })).toEqual(['metadata.k']);
    expect(check({ '': 'v' })).toEqual(['metadata']);
    expect(check([])).toEqual(['metadata']);
    const proto = JSON.parse('{"__proto__":"v"}');
    expect(Object.entries(readMetadata(proto, []))).toEqual([['__proto__', 'v']]);
  });

  it('tags are few and short, each once', () => {
    const check = (given: unknown) => issuesOf((issues) => readTags(given, issues));
    expect(readTags(['b', 'a', 'b'], [])).toEqual(['b', 'a']);
    expect(check(Array(33).fill('a'))).toEqual(['tags']);
    expect(check(['a', 'b'.repeat(65)])).toEqual(['tags.1']);
    expect(check('a')).toEqual(['tags']);
  });

  it('what is kept as it comes is bounded in bytes and levels', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    const check = (given: unknown) => issuesOf((issues) => readKept(given, issues, ['capacity']));
    expect(readKept({ a: [1, null, { b: 'c' }] }, [], ['capacity'])).toEqual({ a: [1, null, { b: 'c' }] });
    expect(check(nested(8))).toEqual([]);
    expect(check(nested(9))).toEqual(['capacity']);
    expect(check(nested(9000))).toEqual(['capacity']);
    expect(check('a'.repeat(4094))).toEqual([]);
    expect(check('a'.repeat(4095))).toEqual(['capacity']);
    expect(check(undefined)).toEqual(['capacity']);
  });
});
