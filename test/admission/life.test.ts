import { describe, expect, it } from 'vitest';
import type { Purpose } from '../../src/admission/admission.js';
import type { KeptStatus } from '../../src/catalog/status.js';
import { Asking, level, setUpAdmission } from './fake-catalog.js';

describe('the life of a namespace', () => {
  it.each<[KeptStatus, Purpose, string]>([
    ['active', 'query', 'in'],
    ['active', 'feedback', 'in'],
    ['read_only', 'query', 'in'],
    ['read_only', 'feedback', 'CONFLICT: Namespace is read-only: acme'],
    ['provisioning', 'query', 'CONFLICT: Namespace is being provisioned: acme'],
    ['suspended', 'query', 'FORBIDDEN: Namespace is suspended: acme'],
    ['suspended', 'feedback', 'FORBIDDEN: Namespace is suspended: acme'],
    ['pending_deletion', 'query', 'CONFLICT: Namespace is being deleted: acme'],
    ['deleted', 'feedback', 'CONFLICT: Namespace is being deleted: acme'],
  ])('%s: a %s is %s', (status, purpose, outcome) => {
    const { catalog } = setUpAdmission();
    catalog.hold('acme', { status });
    expect(new Asking(catalog.admission(), 'acme', purpose).outcome).toBe(outcome);
  });

  it('lets a read-only one learn nothing', () => {
    const { catalog } = setUpAdmission();
    catalog.hold('acme', { status: 'read_only' });
    catalog.hold('other');
    const admission = catalog.admission();
    expect(new Asking(admission, 'acme').permit!.mayLearn).toBe(false);
    expect(new Asking(admission, 'other').permit!.mayLearn).toBe(true);
  });

  it('takes any name where namespaces come to be by use, else those that are known or registered', () => {
    const { catalog } = setUpAdmission();
    catalog.hold('registered');
    catalog.knownNames.add('stored');
    expect(new Asking(catalog.admission(), 'new').outcome).toBe('in');
    const admission = catalog.admission({ autoCreate: false });
    const outcomes = ['new', 'stored', 'registered'].map((name) => new Asking(admission, name).outcome);
    expect(outcomes).toEqual(['NOT_FOUND: Namespace not found: new', 'in', 'in']);
  });

  it('takes registered names alone below one that bounds how many there are', () => {
    const { catalog } = setUpAdmission();
    const levels = [level('acme', { max_namespaces: 2 })];
    catalog.hold('acme.a', { levels });
    catalog.hold('acme.x', { levels, isRegistered: false });
    catalog.knownNames.add('acme.x');
    const alerted = [level('acme', { max_namespaces: { limit: 2, action: 'alert' } })];
    catalog.hold('acme.y', { levels: alerted, isRegistered: false });
    const admission = catalog.admission();
    const outcomes = ['acme.a', 'acme.x', 'acme.y'].map((name) => new Asking(admission, name).outcome);
    expect(outcomes).toEqual(['in', 'NOT_FOUND: Namespace not found: acme.x', 'in']);
  });
});

describe('sizes', () => {
  it('are the tightest of all pools, without those that only alert', () => {
    const { catalog } = setUpAdmission();
    catalog.hold('acme.a', {
      levels: [
        level('acme.a', { max_results_per_query: 10, max_batch_size: { limit: 1, action: 'alert' } }),
        level('acme', { max_results_per_query: 5, max_batch_size: 7 }),
      ],
    });
    const admission = catalog.admission();
    expect(new Asking(admission, 'acme.a').permit!.limits).toEqual({ maxResults: 5, maxBatch: 7 });
    expect(new Asking(admission, 'free').permit!.limits).toEqual({});
  });
});
