import { systemClock } from '../../src/base/clock.js';
import { openSqliteStore } from '../../src/stores/sqlite.js';
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
  const { path, remove } = makeFolder();
  return {
    open: async ({ impressions }) => {
      const store = await openSqliteStore({
        path,
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
