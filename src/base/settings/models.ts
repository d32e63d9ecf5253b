import { auto, boolean, choice, httpUrl, integer, type Kind, parseJson, path, text } from './kinds.js';
import { optional, secret, setting } from './setting.js';

const model = text('a folder, or a name as in the model store', /^[^\0]{1,1000}$/);
/** As it is, or as a JSON string, which keeps blanks at its ends and may be empty. */
const prompt: Kind<string> = {
  accepts: 'up to 1000 characters, or a JSON string of them',
  parse(value) {
    const parsed = value.startsWith('"') ? parseJson(value) : value;
    if (typeof parsed !== 'string' || parsed.length > 1000) throw new Error(prompt.accepts);
    return parsed;
  },
};

const precision = choice(['fp32', 'fp16', 'int8', 'q4']);

/** Models that turn texts into vectors or score pairs, and the processes they run in. */
export const MODEL_SETTINGS = {
  EMBEDDING_BACKEND: setting(
    choice(['static', 'hash', 'onnx', 'openai']),
    'static',
    'What turns texts into vectors: a static model, hashed words without a model, an ONNX model in processes of ours, or a service with an OpenAI-compatible `/v1/embeddings`.',
  ),
  EMBEDDING_MODEL: optional(
    model,
    '`static-minilm-192` with `static`',
    'The encoder: a folder, or a name in the model store (`ORG/NAME`); with `openai` the name to ask the service for.',
  ),
  EMBEDDING_PRECISION: setting(
    auto(precision),
    'auto',
    'Which graph of the encoder is used; `auto`: the first there is of int8, fp32, fp16, q4.',
  ),
  EMBEDDING_POOLING: setting(
    auto(choice(['cls', 'mean', 'last-token', 'none'])),
    'auto',
    'How vectors of tokens become the vector of a text; `auto`: as the model says.',
  ),
  EMBEDDING_MAX_LENGTH: setting(
    auto(integer(8, 1_000_000, 'tokens')),
    'auto',
    'Where longer texts are cut; `auto`: at what the model can read.',
  ),
  EMBEDDING_QUERY_PROMPT: setting(
    auto(prompt),
    'auto',
    'Put before queries, as in `"query: "`; `auto`: as the model says.',
  ),
  EMBEDDING_DOCUMENT_PROMPT: setting(
    auto(prompt),
    'auto',
    'Put before documents, as in `"passage: "`; `auto`: as the model says.',
  ),
  EMBEDDING_URL: optional(
    httpUrl('EMBEDDING_API_KEY'),
    'none',
    'With `openai`: the service, as a base (`http://host:8080/v1`) or its whole endpoint.',
  ),
  EMBEDDING_API_KEY: secret(
    optional(
      text('printable ASCII without spaces, at most 4096 characters', /^[!-~]{1,4096}$/),
      'none',
      'With `openai`: sent as a bearer token.',
    ),
  ),
  EMBEDDING_DIMENSIONS: setting(
    auto(integer(1, 65_536)),
    'auto',
    'With `openai`: length of the vectors to ask for; `auto`: the first answer tells.',
  ),
  EMBEDDING_BATCH_SIZE: setting(integer(1, 2048, 'texts'), 64, 'With `openai`: most texts in one call.'),
  EMBEDDING_TIMEOUT_MS: setting(
    integer(10, 600_000, 'ms'),
    10_000,
    'With `openai`: time a call may take, tries included.',
  ),
  EMBEDDING_CACHE_PERSIST: setting(
    boolean,
    false,
    'Keeps the vectors of `onnx` and `openai` on disk, in `STORAGE_DIR`, so that a restart computes none again.',
  ),
  CROSS_ENCODER_MODEL: optional(
    model,
    'none',
    'The model of `SCORER=cross-encoder`: a folder, or a name in the model store.',
  ),
  CROSS_ENCODER_PRECISION: setting(
    auto(precision),
    'auto',
    'Which graph of the cross-encoder is used; `auto`: the first there is of int8, fp32, fp16, q4.',
  ),
  CROSS_ENCODER_MAX_LENGTH: setting(
    auto(integer(8, 1_000_000, 'tokens')),
    'auto',
    'Most tokens of query and document together; `auto`: what the model can read.',
  ),
  CROSS_ENCODER_WINDOWS: setting(
    integer(1, 64),
    4,
    'Most windows a long document is read in; the best one counts. What stands behind them is not read.',
  ),
  CROSS_ENCODER_SCORES: setting(
    choice(['sigmoid', 'raw']),
    'sigmoid',
    "Scores of the cross-encoder in answers: in 0…1, or the model's own.",
  ),
  MODEL_STORE_DIR: setting(
    path,
    './model-store',
    'Folder of the models that `neuralcache models pull` brings, by `ORG/NAME`.',
  ),
  MODELS_DIR: optional(
    path,
    "the package's `models`",
    'Folder with the bundled models (`static-minilm-192`, `df-prior`).',
  ),
  INFERENCE_WORKERS: setting(
    auto(integer(1, 256)),
    'auto',
    'Processes that run ONNX models; each holds every model that is used. `auto`: one less than there are cores.',
  ),
  INFERENCE_THREADS: setting(integer(1, 256), 1, 'Threads of one process.'),
  INFERENCE_BATCH_TOKENS: setting(
    integer(1, 1_000_000, 'tokens'),
    512,
    'Most tokens that are handed to a process at once; on CPUs large batches gain nothing.',
  ),
  INFERENCE_QUEUE_MAX: setting(
    integer(1, 10_000_000, 'texts'),
    4096,
    'Most texts that wait; beyond them requests are answered in lexical order. One namespace has at most half of it.',
  ),
  INFERENCE_TIMEOUT_MS: setting(
    integer(10, 600_000, 'ms'),
    15_000,
    'Time a request waits for models (`onnx`, `openai`, `cross-encoder`); then it is answered in lexical order.',
  ),
  INFERENCE_RUN_TIMEOUT_MS: setting(
    integer(100, 3_600_000, 'ms'),
    10_000,
    'Time a process has for one batch; then it counts as hung and is replaced. Best well below `INFERENCE_TIMEOUT_MS`, so that another can still answer those who wait.',
  ),
  INFERENCE_LOAD_TIMEOUT_MS: setting(
    integer(1000, 3_600_000, 'ms'),
    120_000,
    'Time a process has to load its models.',
  ),
  INFERENCE_MEMORY_MB: setting(
    integer(64, 1_048_576, 'MiB'),
    2048,
    'Memory of one process; one that holds more is replaced between two batches.',
  ),
};
