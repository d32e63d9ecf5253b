import { auto, boolean, choice, httpUrl, integer, type Kind, parseJson, text } from './kinds.js';
import { optional, secret, setting } from './setting.js';

/** The dialects of upstreams, as `proxy/upstream` has them. */
export const UPSTREAM_DIALECT_NAMES = [
  'cohere-v1',
  'cohere-v2',
  'jina',
  'voyage',
  'tei',
  'vllm',
  'infinity',
  'llama.cpp',
  'litellm',
  'xinference',
  'mixedbread',
  'pinecone',
  'together',
  'siliconflow',
  'zeroentropy',
  'nvidia',
  'vertex',
  'bedrock',
  'bedrock-invoke',
  'elasticsearch',
  'contextual',
  'deepinfra',
  'isaacus',
] as const;

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** What the client sets by itself. */
const TAKEN = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const authHeader: Kind<string> = {
  accepts: "a header's name, or `Name: Scheme`",
  parse(value) {
    const found = /^([^\s:]+)(?:\s*:\s*([A-Za-z][A-Za-z0-9-]{0,31}))?$/.exec(value);
    if (found === null || !isFree(found[1]!)) throw new Error(authHeader.accepts);
    return found[2] === undefined ? found[1]! : `${found[1]}: ${found[2]}`;
  },
};

const MODEL = /^[^\s\p{C}]{1,1000}$/u;
const MOST_NAMESPACES = 1000;

const models: Kind<Readonly<Record<string, string>>> = {
  accepts: `a JSON object of at most ${MOST_NAMESPACES} namespaces and the names of their models`,
  parse(value) {
    const parsed = parseObject(value, models.accepts);
    const entries = Object.entries(parsed);
    const isFit =
      entries.length <= MOST_NAMESPACES &&
      entries.every(
        ([namespace, model]) =>
          /^[^\p{C}]{1,64}$/u.test(namespace) && typeof model === 'string' && MODEL.test(model),
      );
    if (!isFit) throw new Error(models.accepts);
    return Object.freeze(parsed as Record<string, string>);
  },
};

const MOST_KEYS = 1000;

const apiKeys: Kind<Readonly<Record<string, string>>> = {
  accepts: `a JSON object of at most ${MOST_KEYS} names and keys; a key is printable ASCII without spaces`,
  parse(value) {
    const parsed = parseObject(value, apiKeys.accepts);
    const entries = Object.entries(parsed);
    const isFit =
      entries.length <= MOST_KEYS &&
      entries.every(
        ([name, key]) =>
          /^[A-Za-z0-9_.-]{1,64}$/.test(name) && typeof key === 'string' && /^[!-~]{1,4096}$/.test(key),
      );
    if (!isFit) throw new Error(apiKeys.accepts);
    return Object.freeze(parsed as Record<string, string>);
  },
};

const headers: Kind<Readonly<Record<string, string>>> = {
  accepts: 'a JSON object of header names and their values',
  parse(value) {
    const entries = Object.entries(parseObject(value, headers.accepts));
    for (const [name, content] of entries)
      if (!isFree(name) || typeof content !== 'string' || !/^[!-~]([ -~]{0,8190}[!-~])?$/.test(content))
        throw new Error(`${headers.accepts}, none that the connection needs`);
    return Object.freeze(
      Object.fromEntries(entries.map(([name, content]) => [name.toLowerCase(), content as string])),
    );
  },
};

function isFree(name: string): boolean {
  return HEADER_NAME.test(name) && !TAKEN.has(name.toLowerCase());
}

function parseObject(value: string, accepts: string): object {
  const parsed = parseJson(value);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error(accepts);
  return parsed;
}

/** The reranker behind us. */
export const UPSTREAM_SETTINGS = {
  UPSTREAM_URL: optional(
    httpUrl('UPSTREAM_API_KEY'),
    'none',
    "The reranker of `SCORER=upstream`, as a base (`https://api.cohere.com`, `…/v1`) or its whole endpoint: an address that ends as the dialect's own do (`…/rerank` with most). To any other the dialect's path is added.",
  ),
  UPSTREAM_DIALECT: optional(choice(UPSTREAM_DIALECT_NAMES), 'none', 'How it is spoken to.'),
  UPSTREAM_MODEL: optional(
    text('at most 1000 printable characters', MODEL),
    'as the caller says',
    'The model to ask for, whatever callers name. Needed by `bedrock-invoke`, `deepinfra` and `elasticsearch`, which have it in the path, unless `UPSTREAM_URL` is the whole endpoint.',
  ),
  UPSTREAM_MODELS: optional(
    models,
    'none',
    'The models of single namespaces, over `UPSTREAM_MODEL`, as in `{"legal":"rerank-v3.5"}`. Not with dialects whose requests name no model, or name it in the path.',
  ),
  UPSTREAM_API_KEY: secret(
    optional(
      text('printable ASCII without spaces, at most 4096 characters', /^[!-~]{1,4096}$/),
      'none',
      'Our key there. With `bedrock` a key of AWS as `ID:SECRET` or `ID:SECRET:SESSION` signs requests instead.',
    ),
  ),
  UPSTREAM_API_KEYS: secret(
    optional(
      apiKeys,
      'none',
      'Keys by name, as in `{"acme":"sk-…"}`, for namespaces whose policy `upstream` names one as `api_key_name`.',
    ),
  ),
  UPSTREAM_PASS_CREDENTIALS: setting(
    boolean,
    false,
    "Sends the caller's credential instead of ours; scores are then shared by nobody who has another, and refusals go back to the caller. Not together with `API_TOKENS`, which callers would have to send.",
  ),
  UPSTREAM_AUTH_HEADER: optional(
    authHeader,
    'as the dialect has it',
    'The header that the key goes in, as in `X-Api-Key` or `Authorization: Token`.',
  ),
  UPSTREAM_HEADERS: secret(
    optional(
      headers,
      'none',
      'Sent with every request, as in `{"X-Gateway-Key":"…"}`; other headers, other remembered scores.',
    ),
  ),
  UPSTREAM_SCALE: setting(
    auto(choice(['probability', 'logit'])),
    'auto',
    'What its scores are: in 0…1, or any number, which the logistic function brings there. `auto`: as usual for the dialect, which with `llama.cpp` and `nvidia` is `logit`; Qwen3 rerankers behind `llama.cpp` want `probability`.',
  ),
  UPSTREAM_LISTWISE: setting(
    auto(boolean),
    'auto',
    'Whether a score depends on the other documents, so that only whole lists are remembered. `auto`: where the model that is asked is known for that (`jina-reranker-v3`).',
  ),
  UPSTREAM_TIMEOUT_MS: setting(
    integer(10, 600_000, 'ms'),
    10_000,
    'Time that a list has, whatever it is split into, tries and waiting included. A request waits for it as long as this, or as `INFERENCE_TIMEOUT_MS` where that is longer.',
  ),
  UPSTREAM_CONNECT_TIMEOUT_MS: setting(integer(10, 600_000, 'ms'), 3000, 'Time for a connection.'),
  UPSTREAM_BREAKER_RESET_MS: setting(
    integer(10, 3_600_000, 'ms'),
    10_000,
    'How long it is left alone after five failures in a row. `/readyz` then says `degraded`, whatever `UPSTREAM_FALLBACK` is: what is remembered is answered all the same.',
  ),
  UPSTREAM_CONCURRENCY: setting(
    integer(1, 1024),
    16,
    'Requests to it at once; one namespace may have three quarters of them, at least one.',
  ),
  UPSTREAM_QUEUE_MAX: setting(
    integer(1, 100_000),
    1024,
    'Requests that wait for their turn; one namespace may have half of the places.',
  ),
  UPSTREAM_FALLBACK: setting(
    choice(['local', 'input', 'fail']),
    'local',
    'What answers where it fails and no old scores are known: lexical order (`local`), the order that came in (`input`), or nothing: 502, 504, 503 where it is left alone or too many wait, or its own 429 (`fail`).',
  ),
};
