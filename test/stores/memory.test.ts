import { expect, it } from 'vitest';
import { MemoryStore } from '../../src/stores/memory.js';
import type { Change, Row } from '../../src/stores/store.js';
import { storeContract } from '../contracts/store.js';

storeContract('memory', () => ({
  open: async ({ impressions }) => new MemoryStore(impressions),
  failingChange: (): Change => ({
    put: {
      kind: 'cell',
      key: 'fails',
      get value(): string {
        throw new Error('injected');
      },
    },
  }),
  cleanUp: async () => {},
}));

it('says that nothing outlives the process', () => {
  expect(new MemoryStore()).toMatchObject({ name: 'memory', durable: false });
});

it('cannot be changed through rows that were handed in or out', async () => {
  const store = new MemoryStore();
  const row = { kind: 'cell' as const, key: 'k', value: '1' };
  await store.commit('a', [{ put: row }]);
  row.value = '2';
  const out = (await store.get('a', 'cell', 'k')) as Row & { value: string };
  expect(() => {
    out.value = '3';
  }).toThrow(TypeError);
  expect((await store.get('a', 'cell', 'k'))?.value).toBe('1');
});
