import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Asking, level, setUpAdmission, useFakeTimers } from './fake-catalog.js';

beforeEach(useFakeTimers);
afterEach(() => vi.useRealTimers());

describe('utilisation', () => {
  it('is the largest share used, with a sentence for each quota that is near', () => {
    const { catalog } = setUpAdmission();
    const levels = [level('acme.a', { max_concurrent_queries: 4 }), level('acme', { max_vectors: 100 })];
    catalog.hold('acme.a', { levels });
    catalog.used.set('acme max_vectors', 83);
    const admission = catalog.admission();
    new Asking(admission, 'acme.a');
    expect(admission.utilisation('acme.a')).toEqual({
      share: 0.83,
      warnings: ['max_vectors of acme is used to 83 %'],
    });
    expect(catalog.warned).toEqual(['max_vectors acme']);
    expect(admission.utilisation('other')).toEqual({ share: 0, warnings: [] });
  });

  it('costs no state, and pools at rest have none', async () => {
    const { catalog, pass } = setUpAdmission();
    const admission = catalog.admission();
    for (let i = 0; i < 3000; i++) {
      catalog.hold(`n${i}`, { levels: [level(`n${i}`, { max_requests_per_second: 5 })] });
      admission.utilisation(`n${i}`);
    }
    expect(admission.levelCount).toBe(0);
    for (let i = 0; i < 3000; i++) {
      new Asking(admission, `n${i}`).permit!.leave();
      if (i % 100 === 99) await pass(1000);
    }
    expect(admission.levelCount).toBeLessThanOrEqual(1100);
  });
});

describe('a drain', () => {
  it('ends once nobody is inside; those who wait are sent away at once', async () => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_concurrent_queries: 1 })] });
    const admission = catalog.admission();
    const [inside, waiting] = [new Asking(admission, 'acme'), new Asking(admission, 'acme')];
    catalog.hold('acme', { status: 'deleted' });
    let expelled: number | undefined;
    void admission.drain('acme', 5000).then((result) => {
      expelled = result.expelled;
    });
    await pass(0);
    expect([waiting.outcome, expelled]).toEqual(['CONFLICT: Namespace is being deleted: acme', undefined]);
    inside.permit!.leave();
    await pass(0);
    expect([expelled, admission.insideOf('acme')]).toEqual([0, 0]);
  });

  it('expels those inside after its time', async () => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme');
    const admission = catalog.admission();
    const [here, there] = [new Asking(admission, 'acme'), new Asking(admission, 'other')];
    const draining = admission.drain('acme', 5000);
    await pass(5000);
    expect(await draining).toEqual({ expelled: 1 });
    expect(here.caller.expelledWith).toEqual([
      expect.objectContaining({ code: 'CONFLICT', message: 'Namespace is being deleted: acme' }),
    ]);
    here.permit!.leave();
    expect([admission.insideOf('acme'), admission.insideOf('other')]).toEqual([0, 1]);
    expect(there.caller.expelledWith).toEqual([]);
    expect(await admission.drain('nobody', 0)).toEqual({ expelled: 0 });
  });

  it('is followed by nothing being known, or written, of the pool', async () => {
    const { catalog, pass } = setUpAdmission();
    catalog.hold('acme', { levels: [level('acme', { max_queries_per_day: 10 })] });
    const admission = catalog.admission();
    new Asking(admission, 'acme');
    await pass(0);
    await admission.forget('acme');
    catalog.usage.clear();
    expect(admission.uses('acme')[0]!.used).toBe(0);
    await admission.close();
    expect(catalog.usage.size).toBe(0);
  });
});
