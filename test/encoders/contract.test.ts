import { createHashEncoder } from '../../src/encoders/hash.js';
import { createStaticEncoder } from '../../src/encoders/static.js';
import { termsOf } from '../../src/text/terms.js';
import { encoderContract } from '../contracts/encoder.js';
import { bundledPrior, modelStore, STATIC_MODEL } from '../fixtures/models.js';

encoderContract('static', (startPace) =>
  createStaticEncoder(modelStore.open(STATIC_MODEL), startPace === undefined ? {} : { startPace }),
);

encoderContract('hash', (startPace) => {
  const { share } = bundledPrior();
  return createHashEncoder({ terms: termsOf, share, ...(startPace === undefined ? {} : { startPace }) });
});
