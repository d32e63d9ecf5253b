import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AuditReplay } from '../../src/catalog/audit-replay.js';
import type { Status } from '../../src/catalog/status.js';
import { DRIVERS } from './drivers.js';
import { BY, GRACE_S, Home } from './home.js';
import { LifeModel, NAMES } from './life-model.js';
import { Mortal } from './mortal.js';

type Step =
  | { readonly do: 'create' | 'use' | 'delete' | 'purge' | 'restore'; readonly id: string }
  | { readonly do: 'set'; readonly id: string; readonly status: Status }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'sweep' | 'restart' }
  | { readonly do: 'crash'; readonly id: string; readonly at: number; readonly takesEffect: boolean };

const id = fc.constantFrom(...NAMES);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('create' as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('use' as const), id }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('delete' as const), id }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('purge' as const), id }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('restore' as const), id }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      id,
      status: fc.constantFrom<Status>('active', 'read_only', 'suspended'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.constantFrom(1, 60, GRACE_S) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('sweep' as const, 'restart' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      id,
      at: fc.integer({ min: 1, max: 11 }),
      takesEffect: fc.boolean(),
    }),
  },
);

/** What a call came to: `ok`, or the code it was refused with. */
async function outcome(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'ok',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
}

/** Takes one step; answers the process that is there afterwards. */
async function take(home: Home, model: LifeModel, next: Step): Promise<Home> {
  const { management } = home;
  const now = home.clock.now();
  switch (next.do) {
    case 'create':
      expect(await outcome(home.create(next.id))).toBe(model.create(next.id));
      return home;
    case 'use':
      if (model.use(next.id)) await home.store(next.id, 1);
      return home;
    case 'delete':
      expect(await outcome(management.remove(next.id, { force: false }, BY))).toBe(
        model.delete(next.id, now + GRACE_S * 1000),
      );
      return home;
    case 'purge':
      expect(await outcome(home.purge(next.id))).toBe(model.purge(next.id));
      return home;
    case 'restore':
      expect(await outcome(management.restore(next.id, BY))).toBe(model.restore(next.id));
      return home;
    case 'set':
      expect(await outcome(management.setStatus(next.id, next.status, BY))).toBe(
        model.set(next.id, next.status),
      );
      return home;
    case 'pass':
      home.clock.advance(next.seconds * 1000);
      return home;
    case 'sweep':
      await management.sweep();
      model.sweep(now);
      return home;
    case 'restart':
      return home.again();
    case 'crash':
      return crash(home, model, next);
  }
}

/** Ends the process while it purges; the next one finds the purge begun, which it finishes, or nothing done. */
async function crash(home: Home, model: LifeModel, next: Step & { do: 'crash' }): Promise<Home> {
  const purges = async () =>
    (await home.actions(next.id)).filter((action) => action === 'namespace.purged').length;
  const before = await purges();
  const process = new Mortal(next.at, next.takesEffect);
  const dying = await home.again(process.options(home));
  const came = await outcome(dying.purge(next.id));
  const restarted = await home.again();
  const record = restarted.catalog.record(next.id);
  if (!process.isDead) expect(came).toBe(model.purge(next.id));
  else if (record?.status === 'deleted' || (await purges()) > before) expect(model.purge(next.id)).toBe('ok');
  await restarted.management.sweep();
  model.sweep(restarted.clock.now());
  return restarted;
}

describe.each(DRIVERS)('the life of namespaces (%s)', (driver, open) => {
  it('goes as the model says, whatever is asked, and whenever the process ends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }), async (steps) => {
        const stores = await open();
        try {
          const model = new LifeModel();
          let home = await Home.open(stores);
          for (const next of steps) {
            home = await take(home, model, next);
            for (const name of NAMES)
              expect([name, home.catalog.record(name)?.status]).toEqual([name, model.statusOf(name)]);
            expect(await home.state.namespaces()).toEqual(model.stored());
            expect(home.failures).toEqual([]);
          }
          expect(await home.chainProblem()).toBeNull();
          const replay = new AuditReplay();
          replay.add(await home.auditRows());
          expect(replay.problems((await home.kept.load()).rows)).toEqual([]);
        } finally {
          await stores.close();
        }
      }),
      { numRuns: driver === 'memory' ? 60 : 15 },
    );
  }, 60_000);
});
