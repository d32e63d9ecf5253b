import { describe, expect, it } from 'vitest';
import { Namespace } from '../../src/namespaces/namespace.js';
import { reconfigure } from '../../src/namespaces/reconfigure.js';
import { NamespaceRegistry } from '../../src/namespaces/registry.js';
import type { LentScorer } from '../../src/scorers/scorer-pool.js';
import { TestReranker } from '../fixtures/reranker.js';
import { gate, settle } from './registry-fixture.js';

const fail = (operation: string, error: Error) => expect.unreachable(`${operation}: ${error.message}`);

/** A registry of namespaces whose scorer is outdated once `choose` was called. */
function home({ opening }: { opening?: Promise<void> } = {}) {
  let chosen = 1;
  const log: string[] = [];
  const { dependencies } = new TestReranker();
  const lendScorer = async (): Promise<LentScorer> => {
    const mine = chosen;
    log.push(`opened ${mine}`);
    if (mine === 1) await opening;
    const { scorer } = await dependencies.lendScorer('a');
    return { scorer, isCurrent: () => mine === chosen, giveBack: () => void log.push(`closed ${mine}`) };
  };
  const registry = new NamespaceRegistry<Namespace>({
    open: (name, onMade) => Namespace.open(name, { ...dependencies, lendScorer }, onMade),
    defaultName: 'default',
    maxBytes: 1e9,
    cacheMaxBytes: 1e9,
    clock: dependencies.clock,
    onEvicted: () => undefined,
  });
  return { registry, log, choose: () => void chosen++ };
}

describe('another scorer', () => {
  it.each([true, false])(
    'opens a namespace anew once, however long a use keeps it (durable: %s)',
    async (durable) => {
      const { registry, log, choose } = home();
      const { promise: held, open: end } = gate();
      const long = registry.use('a', () => held);
      await settle();
      choose();
      for (let round = 0; round < 5; round++) {
        reconfigure(registry, { durable }, fail);
        await settle();
      }
      const next = registry.use('a', async () => undefined);
      end();
      await Promise.all([long, next]);
      for (let n = 0; n < 30; n++) await settle();
      expect(log).toEqual(['opened 1', 'closed 1', 'opened 2']);
    },
  );

  it('reaches a namespace that is being opened', async () => {
    const { promise, open } = gate();
    const { registry, log, choose } = home({ opening: promise });
    const use = registry.use('a', async () => undefined);
    await settle();
    open();
    choose();
    for (let round = 0; round < 3; round++) reconfigure(registry, { durable: true }, fail);
    await use;
    reconfigure(registry, { durable: true }, fail);
    for (let n = 0; n < 30; n++) await settle();
    await registry.use('a', async () => undefined);
    expect(log).toEqual(['opened 1', 'closed 1', 'opened 2']);
  });
});
