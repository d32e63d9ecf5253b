import { boolean, choice, decimal, integer } from './kinds.js';
import { optional, setting } from './setting.js';

const share = decimal(0, 1);
const weight = decimal(0, 100);

/** What is learned from feedback, and how far it may move documents. */
export const MEMORY_SETTINGS = {
  WEIGHT_DENSE: setting(weight, 1, 'Weight of the base score.', '1.0'),
  WEIGHT_NARRATIVE: setting(weight, 0.6, 'Weight of likeness to what was accepted before.'),
  WEIGHT_PHEROMONE: setting(weight, 0.3, 'Weight of clicks beyond what is usual.'),
  NARRATIVE_EMA_ALPHA: setting(
    decimal(0, 1, { openMin: true }),
    0.01,
    'Least share a new acceptance has in the running mean.',
  ),
  NARRATIVE_SUCCESS_GATE: setting(share, 0.5, '`success` from which a feedback counts as an acceptance.'),
  PHEROMONE_DECAY_HALF_LIFE_S: setting(
    decimal(0, 1e10, { openMin: true, unit: 's' }),
    1_209_600,
    'Time after which evidence counts half; 14 days.',
  ),
  PHEROMONE_EXPOSURE_PENALTY: setting(
    decimal(0, 1, { openMin: true }),
    0.1,
    'How much a showing without a click counts against a document; 0.1 = as much as usual.',
  ),
  PHEROMONE_UNIT: setting(decimal(0.001, 100), 0.15, 'Excess of clicks that counts as one unit.'),
  EVIDENCE_CAP: setting(
    decimal(1, 1e6),
    10,
    'Most showings remembered of a document and query; beyond it the old fade.',
  ),
  PROPENSITY_ETA: setting(
    decimal(0, 5),
    1,
    'How fast attention falls with rank; 0 when a model reads the whole list.',
  ),
  MEMORY_TAU: optional(
    decimal(-1, 1),
    "the encoder's own",
    'Cosine from which two queries share what was learned.',
  ),
  MEMORY_GATE_Z: setting(
    decimal(0, 1000),
    0.5,
    'How sure the memory must be before it moves anything, in deviations.',
  ),
  MEMORY_CELLS: setting(integer(1, 16_384), 1024, 'Most queries remembered in a namespace.'),
  MEMORY_DOCS_PER_CELL: setting(integer(1, 1024), 64, 'Most documents remembered for a query.'),
  MEMORY_HOLDOUT: setting(
    share,
    0,
    'Share of requests answered in base order, to measure the gain in production.',
  ),
  FEEDBACK_PER_SOURCE: setting(
    integer(1, 1_000_000),
    1,
    'Feedbacks counted per query and day from one `X-NeuralCache-Source`.',
  ),
  ANCHOR: setting(
    integer(0, 100),
    0,
    'Every how many slots one is kept for the base order; 0 = none, 2 = every second.',
  ),
  EPSILON: setting(
    share,
    0.05,
    'Share of answers in which comparable neighbours may swap places; never with `learn: false`.',
  ),
  MMR_LAMBDA_DEFAULT: setting(share, 0.5, '1 = relevance only; lower sinks near-copies.'),
  GATING_MODE: setting(
    choice(['off', 'auto', 'on']),
    'auto',
    'Whether only the first candidates may move: never, when the base order is unsure, always.',
  ),
  GATING_THRESHOLD: setting(
    share,
    0.45,
    'Uncertainty (entropy, 0…1) from which `auto` limits the candidates.',
  ),
  GATING_MIN_CANDIDATES: setting(integer(1, 100_000), 8, 'Fewest candidates that may move.'),
  GATING_MAX_CANDIDATES: setting(integer(1, 100_000), 48, 'Most candidates that may move.'),
  GATING_TEMPERATURE: setting(decimal(0, 1000, { openMin: true }), 1, 'Temperature of the entropy.', '1.0'),
  DETERMINISTIC: setting(
    boolean,
    false,
    'The same request gets the same answer: no exploration, document frequencies frozen, evidence fades in steps (hourly at the default half-life).',
  ),
  DETERMINISTIC_SEED: setting(
    integer(0, 4_294_967_295),
    1337,
    'Seed of what chance is left with `DETERMINISTIC`.',
  ),
};
