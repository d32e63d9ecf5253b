import { type Random, seededRandom, systemRandom } from './base/random.js';
import type { Settings } from './base/settings/table.js';
import type { Encoder } from './encoders/encoder.js';
import { createHashEncoder } from './encoders/hash.js';
import { createStaticEncoder } from './encoders/static.js';
import { BUNDLED_MODELS, ModelStore } from './models/model-store.js';
import { createScorer } from './scorers/create-scorer.js';
import type { Scorer } from './scorers/scorer.js';
import { parsePrior } from './text/prior.js';
import { termsOf } from './text/terms.js';

const STATIC_MODEL = 'static-minilm-192';
const PRIOR = 'df-prior';

/** Chance as configured: repeatable under `DETERMINISTIC`. */
export function chanceOf({ deterministic, deterministicSeed }: Settings): Random {
  return deterministic ? seededRandom(deterministicSeed) : systemRandom;
}

/** Opens the bundled models and what works with them. Throws where a file differs from its checksum. */
export function openModels(settings: Settings): { encoder: Encoder; scorer: Scorer } {
  const models = new ModelStore({
    bundledDir: settings.modelsDir ?? BUNDLED_MODELS,
    storeDir: settings.modelStoreDir,
    cwd: process.cwd(),
  });
  const words = createStaticEncoder(models.open(STATIC_MODEL));
  const stems = models.open(PRIOR);
  const prior = parsePrior(stems.readText('stems.tsv'), stems.entry.revision);
  const hashed = () => createHashEncoder({ terms: termsOf, share: (stem) => prior.share(stem) });
  const encoder = settings.embeddingBackend === 'hash' ? hashed() : words;
  return {
    encoder,
    scorer: createScorer(settings.scorer, {
      encoder,
      words,
      prior,
      inputPrior: settings.inputPrior,
      keyEncoder: encoder,
    }),
  };
}
