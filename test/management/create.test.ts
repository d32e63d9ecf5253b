import { describe, expect, it } from 'vitest';
import { newRecord } from '../../src/catalog/record.js';
import { fieldsOfSpec } from '../../src/management/record-fields.js';
import { BY, failing, Home } from './home.js';

describe('creating a namespace', () => {
  it('registers it with all that is given, and answers with what holds', async () => {
    const home = await Home.open();
    const namespace = await home.create('acme', {
      name: 'Acme',
      tier: 'free',
      quotas: { max_vectors: 100 },
      metadata: { team: 'search' },
      tags: ['prod'],
      owner: 'ann',
      policies: { retention_days: 30 },
    });
    expect(namespace).toMatchObject({
      id: 'acme',
      name: 'Acme',
      tenant_id: 'acme',
      parent_id: null,
      path: 'acme',
      status: 'active',
      tier: 'free',
      quotas: { max_vectors: { limit: 100, warning_threshold: 0.8, action: 'reject' } },
      metadata: { team: 'search' },
      tags: ['prod'],
      owner: 'ann',
      policies: { retention_days: 30 },
      shard_id: 'local',
      backend: 'memory',
      registered: true,
      children: 0,
      revision: 1,
      purge_at: null,
      last_used_at: null,
    });
    expect(namespace.created_at).toBe(new Date(home.clock.now()).toISOString());
    expect(namespace.effective.quotas.max_vectors).toMatchObject({ limit: 100, from: 'acme' });
    expect(namespace.effective.quotas.max_batch_size).toMatchObject({ limit: 100, from: 'tier:free' });
    expect(namespace.effective.policies).toMatchObject({
      retention_days: { value: 30, from: 'acme' },
      consistency: { value: 'strong', from: 'settings' },
      scorer: { value: null, from: 'settings' },
    });
    expect(await home.management.get('acme')).toEqual(namespace);
    const [entry] = (await home.management.audit({})).entries;
    expect(entry).toMatchObject({
      seq: 1,
      actor: BY.actor,
      action: 'namespace.create',
      namespace: 'acme',
      request_id: 'r-1',
      before: null,
      redacted: false,
    });
    expect(entry!.after).toMatchObject({ metadata: { team: 'search' }, tier: 'free' });
  });

  it('places a dotted name below its nearest registered ancestor, whose tenant and policies it has', async () => {
    const home = await Home.open();
    await home.create('acme', { tenant_id: 'the-acme', policies: { cache_enabled: false }, tier: 'pro' });
    const child = await home.create('acme.web.search');
    expect(child).toMatchObject({ tenant_id: 'the-acme', parent_id: 'acme', path: 'acme/web.search' });
    expect(child.effective.policies.cache_enabled).toEqual({ value: false, from: 'acme' });
    expect(child.effective.tier).toEqual({ value: 'pro', from: 'acme' });
    expect((await home.management.get('acme')).children).toBe(1);
  });

  it.each([
    ['ab', 'a label of two'],
    ['Acme', 'a capital'],
    ['1abc', 'a leading digit'],
    ['admin', 'a reserved label'],
    ['_acme', 'a leading underscore'],
    ['aaa.bbb.ccc.ddd.eee.fff', 'six labels'],
    ['acme..x', 'an empty label'],
    ['a'.repeat(65), 'too many characters'],
  ])('refuses %s: %s', async (id) => {
    const home = await Home.open();
    await expect(home.create(id)).rejects.toMatchObject(failing('VALIDATION_ERROR'));
    expect(await home.auditRows()).toEqual([]);
  });

  it('refuses what is not known or out of range, and tells all of it by where it is', async () => {
    const home = await Home.open();
    const spec = {
      tier: 'gold',
      quotas: { max_vectors: -1 },
      colour: 'red',
      status: 'suspended',
      backend: 'redis',
    };
    const error = await home.create('acme', spec).catch((reason) => reason);
    expect(error).toMatchObject(failing('VALIDATION_ERROR'));
    const locs = (error.detail as { loc: string[] }[]).map(({ loc }) => loc.join('.'));
    expect(locs.sort()).toEqual(['backend', 'colour', 'quotas.max_vectors', 'status', 'tier']);
  });

  it('takes a file for each namespace for sqlite, and says what the server has', () => {
    const backendOf = (backend: string, kept: string) =>
      fieldsOfSpec({ id: 'acme', backend }, newRecord('acme', 'acme', 0), kept).backend;
    expect(backendOf('sqlite', 'sqlite-files')).toBe('sqlite');
    expect(backendOf('sqlite-files', 'sqlite-files')).toBe('sqlite-files');
    const refused = (kept: string) =>
      expect.objectContaining({
        detail: [expect.objectContaining({ msg: `must be ${kept}: so this server keeps all namespaces` })],
      });
    expect(() => backendOf('sqlite-files', 'sqlite')).toThrow(refused('sqlite'));
    expect(() => backendOf('sqlite', 'json')).toThrow(refused('json'));
  });

  it('refuses one that is registered', async () => {
    const home = await Home.open();
    await home.create('acme');
    await expect(home.create('acme')).rejects.toMatchObject(
      failing('CONFLICT', 'Namespace exists already: acme'),
    );
  });

  it('registers a name in use whatever it looks like, and says when it was last used', async () => {
    const home = await Home.open();
    await home.use('Old_Name');
    const namespace = await home.create('Old_Name');
    expect(namespace).toMatchObject({ registered: true, revision: 1 });
    expect(namespace.last_used_at).toBe(new Date(home.clock.now()).toISOString());
  });

  it('refuses quotas above the ceiling of the tier that holds, also an inherited one', async () => {
    const home = await Home.open();
    await home.create('acme', { tier: 'free' });
    await expect(home.create('acme.web', { quotas: { max_vectors: 10_001 } })).rejects.toMatchObject(
      failing('VALIDATION_ERROR', 'Free tier limited to 10000 vectors'),
    );
  });

  it('refuses a limit below what is already used by the name and those below it', async () => {
    const home = await Home.open();
    await home.store('acme', 3);
    await home.store('acme.web', 4);
    await home.store('acmeweb', 100);
    await expect(home.create('acme', { quotas: { max_vectors: 6 } })).rejects.toMatchObject(
      failing('CONFLICT', 'max_vectors is below use: 7 > 6'),
    );
    expect((await home.create('acme', { quotas: { max_vectors: 7 } })).registered).toBe(true);
  });

  it('makes nothing where the commit fails', async () => {
    const home = await Home.open();
    await home.kept.close();
    await expect(home.create('acme')).rejects.toMatchObject(failing('UNAVAILABLE'));
    expect(home.catalog.record('acme')).toBeUndefined();
  });
});

describe('an idempotency key', () => {
  const keyed = { ...BY, idempotencyKey: 'k-1' };

  it('repeats the first answer, as it was, for a day', async () => {
    const home = await Home.open();
    const first = await home.management.create({ id: 'acme', tags: ['a'], owner: 'ann' }, keyed);
    await home.management.update('acme', { tags: [] }, BY);
    home.clock.advance(86_399_000);
    const again = await home.management.create({ owner: 'ann', tags: ['a'], id: 'acme' }, keyed);
    expect(again).toEqual({ namespace: first.namespace, isRepeated: true });
    home.clock.advance(2000);
    await expect(
      home.management.create({ id: 'acme', tags: ['a'], owner: 'ann' }, keyed),
    ).rejects.toMatchObject(failing('CONFLICT'));
  });

  it('refuses another body, and is the caller’s own', async () => {
    const home = await Home.open();
    await home.management.create({ id: 'acme' }, keyed);
    await expect(home.management.create({ id: 'other' }, keyed)).rejects.toMatchObject(
      failing('VALIDATION_ERROR', 'The Idempotency-Key was used with another body'),
    );
    const other = { ...keyed, actor: 'token:ffffffffffffffff' };
    expect((await home.management.create({ id: 'other' }, other)).isRepeated).toBe(false);
  });

  it('makes one of requests that come together', async () => {
    const home = await Home.open();
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => home.management.create({ id: 'acme' }, keyed)),
    );
    expect(answers.filter(({ isRepeated }) => !isRepeated)).toHaveLength(1);
    expect(await home.auditRows()).toHaveLength(1);
    await expect(
      Promise.all(
        ['x-one', 'x-two'].map((id) => home.management.create({ id }, { ...BY, idempotencyKey: 'k-2' })),
      ),
    ).rejects.toMatchObject(failing('VALIDATION_ERROR'));
  });

  it('is not used up by a refusal', async () => {
    const home = await Home.open();
    await expect(home.management.create({ id: 'no' }, keyed)).rejects.toMatchObject(
      failing('VALIDATION_ERROR'),
    );
    expect((await home.management.create({ id: 'acme' }, keyed)).isRepeated).toBe(false);
  });

  it('is kept across a restart, and gone with the namespace', async () => {
    const home = await Home.open();
    await home.management.create({ id: 'acme', owner: 'ann' }, keyed);
    const restarted = await home.again();
    expect((await restarted.management.create({ id: 'acme', owner: 'ann' }, keyed)).isRepeated).toBe(true);
    await restarted.purge('acme');
    expect((await restarted.management.create({ id: 'acme', owner: 'ann' }, keyed)).isRepeated).toBe(false);
  });
});
