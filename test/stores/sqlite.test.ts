import { systemClock } from '../../src/base/clock.js';
import { openWorkerStore } from '../../src/stores/worker-store.js';
import { storeContract } from '../contracts/store.js';
import { FAILING_CHANGE, installFailure, makeFolder, openInline } from './sqlite-harness.js';

storeContract('sqlite in this thread', () => {
  const { path, remove } = makeFolder();
  return {
    open: async ({ impressions }) => {
      const store = await openInline({ path, clock: systemClock(), ...(impressions ? { impressions } : {}) });
      installFailure(path);
      return store;
    },
    failingChange: () => FAILING_CHANGE,
    cleanUp: async () => remove(),
  };
});

storeContract('sqlite in a worker', () => {
  const { folder, path, remove } = makeFolder();
  return {
    open: async ({ impressions }) => {
      const store = await openWorkerStore({
        files: { driver: 'sqlite', path },
        folder,
        sync: 'normal',
        clock: systemClock(),
        ...(impressions ? { impressions } : {}),
      });
      installFailure(path);
      return store;
    },
    failingChange: () => FAILING_CHANGE,
    cleanUp: async () => remove(),
  };
});
