import type { IncomingHttpHeaders } from 'node:http';
import { isAbsent } from '../schemas/issues.js';
import type { DialectCall } from './dialect.js';

const AGENT = /^(?:voyageai|ai-sdk\/voyage)\//;
/** Names of Voyage's models: `rerank-2.5`, `rerank-lite-1`; Cohere's begin with `rerank-v` or a language. */
const MODEL = /^rerank-(?:lite-)?\d/;

/**
 * Whether a request is surely of a client of Voyage: by what the client calls itself, by the truncation switch which
 * theirs always or alone send, or by the model.
 */
export function isVoyageClient({ headers, body }: DialectCall): boolean {
  return (
    isVoyageAgent(headers) ||
    typeof body.truncation === 'boolean' ||
    (typeof body.model === 'string' && MODEL.test(body.model))
  );
}

/** `top_k` alone beside strings: Voyage, or an old client of Cohere's form that says it so. */
export function hasTopKWithStrings({ body }: DialectCall): boolean {
  const { documents } = body;
  if (isAbsent(body.top_k) || !isAbsent(body.top_n)) return false;
  return Array.isArray(documents) && typeof documents[0] === 'string';
}

/** Whether the client calls itself one of Voyage's. */
export function isVoyageAgent(headers: IncomingHttpHeaders): boolean {
  return headers['x-fern-sdk-name'] === 'voyageai' || AGENT.test(headers['user-agent'] ?? '');
}
