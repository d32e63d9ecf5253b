import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DRIVERS, type Stores } from './drivers.js';
import { BY, failing, Home } from './home.js';

describe.each(DRIVERS)('deleting a namespace with others below it (%s)', (_name, open) => {
  let stores: Stores;
  let home: Home;
  beforeEach(async () => {
    stores = await open();
    home = await Home.open(stores);
  });
  afterEach(() => stores.close());

  it('refuses the default one, and those with others below them', async () => {
    await home.create('acme');
    await home.create('acme.web');
    for (const force of [true, false]) {
      await expect(home.management.remove('default', { force }, BY)).rejects.toMatchObject(
        failing('CONFLICT', 'The default namespace cannot be deleted'),
      );
      await expect(home.management.remove('acme', { force }, BY)).rejects.toMatchObject(
        failing('CONFLICT', 'Namespace has 1 below it: acme'),
      );
    }
    expect(home.catalog.record('default')).toBeUndefined();
    await home.purge('acme.web');
    await home.purge('acme');
    expect(home.catalog.records()).toEqual([]);
  });

  it('refuses those with names in use below them that nobody registered: they would be free of its rules', async () => {
    await home.create('acme');
    await home.create('acme.web');
    await home.store('acme.web.raw', 1);
    await home.store('acme2.raw', 1);
    await home.use('acme.live');
    const refused = (count: number, id = 'acme') =>
      failing('CONFLICT', `Namespace has ${count} below it: ${id}`);
    for (const force of [true, false]) {
      await expect(home.management.remove('acme', { force }, BY)).rejects.toMatchObject(refused(3));
      await expect(home.management.remove('acme.web', { force }, BY)).rejects.toMatchObject(
        refused(1, 'acme.web'),
      );
    }
    for (const id of ['acme.web.raw', 'acme.web', 'acme.live', 'acme']) await home.purge(id);
    expect(await home.state.namespaces()).toEqual(['acme2.raw']);
  });

  it('lets nothing be made below one that is on its way out', async () => {
    await home.create('acme');
    await home.management.remove('acme', { force: false }, BY);
    await home.store('acme.raw', 1);
    const refused = failing('CONFLICT', 'Namespace is being deleted: acme');
    await expect(home.create('acme.web')).rejects.toMatchObject(refused);
    await expect(home.management.setQuotas('acme.raw', {}, BY)).rejects.toMatchObject(refused);
    expect((await home.management.get('acme.raw')).status).toBe('pending_deletion');
  });
});
