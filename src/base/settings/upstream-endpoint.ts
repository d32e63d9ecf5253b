import type { UPSTREAM_DIALECT_NAMES } from './upstream.js';

/** Whole endpoints of the dialects that cannot make theirs from a base alone, as `proxy/upstream` has them. */
export const WHOLE_ENDPOINTS: Partial<Record<(typeof UPSTREAM_DIALECT_NAMES)[number], RegExp>> = {
  vertex: /:rank$/,
  'bedrock-invoke': /\/invoke$/,
  elasticsearch: /\/_inference\/(rerank\/)?[^/]+$/,
  deepinfra: /\/inference\/[^/]+\/[^/]+$/,
};

/** Dialects whose requests cannot say which model they want. */
export const MODELLESS_DIALECTS: readonly string[] = ['tei', 'bedrock-invoke', 'elasticsearch', 'deepinfra'];

interface UpstreamPlace {
  readonly upstreamUrl?: string | undefined;
  readonly upstreamDialect?: (typeof UPSTREAM_DIALECT_NAMES)[number] | undefined;
  readonly upstreamModel?: string | undefined;
}

/** Why an upstream's endpoint cannot be told from these settings, in a sentence without the URL. */
export function endpointProblem(settings: UpstreamPlace): string | undefined {
  const { upstreamUrl: url, upstreamDialect: dialect, upstreamModel: model } = settings;
  const whole = dialect && WHOLE_ENDPOINTS[dialect];
  if (url === undefined || whole === undefined) return undefined;
  if (whole.test(new URL(url).pathname.replace(/\/+$/, ''))) return undefined;
  const start = `NEURALCACHE_UPSTREAM_DIALECT="${dialect}": needs`;
  if (dialect === 'vertex')
    return `${start} the whole endpoint, up to \`:rank\`, in NEURALCACHE_UPSTREAM_URL`;
  if (model !== undefined) return undefined;
  return `${start} NEURALCACHE_UPSTREAM_MODEL, which is part of the path there, or the whole endpoint in NEURALCACHE_UPSTREAM_URL`;
}
