import { diskFiles } from '../../src/stores/files.js';
import { storeContract } from '../contracts/store.js';
import { failingChange, JsonHome, openInline } from './json-harness.js';

storeContract('json in this thread', () => {
  const home = new JsonHome();
  return {
    open: ({ impressions }) =>
      openInline(home.open({ files: diskFiles(), ...(impressions ? { impressions } : {}) })),
    failingChange,
    cleanUp: async () => home.remove(),
  };
});

storeContract('json with one namespace in memory and checkpoints all the time', () => {
  const home = new JsonHome();
  return {
    open: async ({ impressions }) => {
      const engine = home.open({ maxOpen: 1, journalBytes: 1, ...(impressions ? { impressions } : {}) });
      const commit = engine.commit.bind(engine);
      engine.commit = (...what) => {
        commit(...what);
        engine.release(what[0]);
        engine.idle();
      };
      return openInline(engine);
    },
    failingChange,
    cleanUp: async () => home.remove(),
  };
});
