import { expect, it } from 'vitest';
import { ManualClock } from '../../src/base/clock.js';
import { type PurgeWish, purgeCaches } from '../../src/compose-cache.js';
import { MemoryCache } from '../../src/stores/memory-cache.js';
import { PairHome } from '../fixtures/pair-home.js';

/** A store that lets go of nothing before it is told to. */
class SlowCache extends MemoryCache {
  resume = (): void => undefined;
  private readonly held = new Promise<void>((resolve) => {
    this.resume = resolve;
  });

  override async drop(namespace: string): Promise<void> {
    await this.held;
    return super.drop(namespace);
  }

  override async purge(prefix?: string): Promise<void> {
    await this.held;
    return super.purge(prefix);
  }
}

it.each<PurgeWish>([{ all: true }, { namespace: 'default' }, { model: 'm' }])(
  'nothing that a request reads back while the disk lets go outlives a purge of %j',
  async (wish) => {
    const clock = new ManualClock();
    const store = new SlowCache({ maxBytes: 1e6, clock });
    const asked = { wishes: { model: 'm' } };
    await new PairHome({ store, clock }).ask('0', ['1'], asked);
    const home = new PairHome({ store, clock });
    const { scorer } = home.open();
    const purged = purgeCaches(wish, {
      caches: home.caches,
      cache: store,
      present: () => [{ caches: scorer }],
    });
    home.model.scoreOf = () => 7;
    expect(await home.raw('0', ['1'], asked)).toEqual([1]);
    store.resume();
    await purged;
    expect(await home.raw('0', ['1'], asked)).toEqual([7]);
  },
);
