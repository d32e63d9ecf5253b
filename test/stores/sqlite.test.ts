import { systemClock } from '../../src/base/clock.js';
import type { EngineFiles } from '../../src/stores/engine-worker-data.js';
import { FolderLock } from '../../src/stores/lock.js';
import { SqliteFiles } from '../../src/stores/sqlite-files.js';
import { templatePaths } from '../../src/stores/templates.js';
import { openWorkerStore } from '../../src/stores/worker-store.js';
import { storeContract } from '../contracts/store.js';
import { failingChange, TEMPLATES } from './json-harness.js';
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

for (const driver of ['sqlite', 'sqlite-files', 'json'] as const) {
  storeContract(`${driver} in a worker`, () => {
    const { folder, path, remove } = makeFolder();
    const files: EngineFiles = {
      sqlite: { driver: 'sqlite', path } as const,
      'sqlite-files': { driver: 'sqlite-files', template: 'state.{namespace}.db' } as const,
      json: { driver: 'json', templates: TEMPLATES } as const,
    }[driver];
    return {
      open: ({ impressions }) =>
        openWorkerStore({
          files,
          folder,
          sync: 'normal',
          clock: systemClock(),
          ...(impressions ? { impressions } : {}),
        }),
      failingChange: () => (driver === 'json' ? failingChange() : FAILING_CHANGE),
      cleanUp: async () => remove(),
    };
  });
}
