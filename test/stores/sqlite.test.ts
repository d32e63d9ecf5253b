import { systemClock } from '../../src/base/clock.js';
import type { EngineFiles } from '../../src/stores/engine-worker-data.js';
import { FolderLock } from '../../src/stores/lock.js';
import { SqliteFiles } from '../../src/stores/sqlite-files.js';
import { templatePaths } from '../../src/stores/templates.js';
import { openWorkerStore } from '../../src/stores/worker-store.js';
import { storeContract } from '../contracts/store.js';
import { FAILING_CHANGE, makeFolder, openEngineInline, openInline } from './sqlite-harness.js';

const NO_EVENTS = { quarantined: () => {}, replaced: () => {} };

storeContract('sqlite in this thread', () => {
  const { path, remove } = makeFolder();
  return {
    open: ({ impressions }) =>
      openInline({ path, clock: systemClock(), ...(impressions ? { impressions } : {}) }),
    failingChange: () => FAILING_CHANGE,
    cleanUp: async () => remove(),
  };
});

for (const maxOpen of [1, 256]) {
  storeContract(`sqlite by namespace in this thread, ${maxOpen} open`, () => {
    const { folder, remove } = makeFolder();
    return {
      open: ({ impressions }) =>
        openEngineInline(
          'sqlite-files',
          new SqliteFiles({
            paths: templatePaths('state/{namespace}.db', folder),
            folder,
            lock: new FolderLock(folder),
            clock: systemClock(),
            events: NO_EVENTS,
            maxOpen,
            ...(impressions ? { impressions } : {}),
          }),
        ),
      failingChange: () => FAILING_CHANGE,
      cleanUp: async () => remove(),
    };
  });
}

const WORKERS: EngineFiles['driver'][] = ['sqlite', 'sqlite-files'];
for (const driver of WORKERS) {
  storeContract(`${driver} in a worker`, () => {
    const { folder, path, remove } = makeFolder();
    const files: EngineFiles =
      driver === 'sqlite' ? { driver, path } : { driver, template: 'state.{namespace}.db' };
    return {
      open: ({ impressions }) =>
        openWorkerStore({
          files,
          folder,
          sync: 'normal',
          clock: systemClock(),
          ...(impressions ? { impressions } : {}),
        }),
      failingChange: () => FAILING_CHANGE,
      cleanUp: async () => remove(),
    };
  });
}
