import { AppError } from '../base/errors.js';
import type { Settings } from '../base/settings/table.js';
import type { RankedService } from '../evaluation/ranked-service.js';
import { callServer, ServerRefusal } from './call-server.js';

/** What became of a list: scored, or not, why, and after how many milliseconds to ask again if that may help. */
export type Warmed = 'scored' | { readonly reason: string; readonly retryAfterMs?: number | undefined };

/** Has one list scored. Rejects where no other list would fare better. */
export type WarmList = (query: string, texts: readonly string[]) => Promise<Warmed>;

const STOOD_IN: Warmed = { reason: 'its model gave no answer, another scorer stood in' };

/** Refusals that tell nothing about the list: every other one would meet them. */
const FOR_ALL: ReadonlySet<number> = new Set([401, 403, 404, 405]);

/** When to ask again whoever is too busy and does not say when. */
const BUSY_MS = 5000;
const BUSY: ReadonlySet<number> = new Set([429, 503]);

/** Lists scored by a service of this process. */
export function warmHere(service: RankedService, namespace: string, model: string | undefined): WarmList {
  return async (query, texts) => {
    try {
      const [answer] = await service.rerank(namespace, [
        {
          loc: [],
          requestId: 'warm',
          query,
          candidates: texts.map((text) => ({ text })),
          topK: 1,
          mmrLambda: 1,
          gate: service.gate,
          explain: false,
          learn: false,
          wishes: { model },
        },
      ]);
      return answer!.degraded.includes('scorer') ? STOOD_IN : 'scored';
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'INTERNAL_ERROR') throw error;
      const { message, status, retryAfterS } = error;
      return refused(message, status, retryAfterS === undefined ? undefined : 1000 * retryAfterS);
    }
  };
}

/** Lists scored by a running server, asked as clients of rerank APIs ask it: texts of any length, many of them. */
export function warmServer(
  url: string,
  namespace: string,
  model: string | undefined,
  { apiTokens, namespaceHeader }: Pick<Settings, 'apiTokens' | 'namespaceHeader'>,
): WarmList {
  return async (query, documents) => {
    try {
      const { headers } = await callServer({
        url,
        path: '/v2/rerank',
        body: { model, query, documents, top_n: 1 },
        token: apiTokens[0],
        headers: {
          [namespaceHeader]: namespace,
          'X-NeuralCache-Dialect': 'cohere-v2',
          'X-NeuralCache-Learn': 'false',
        },
      });
      const degraded = headers.get('x-neuralcache-degraded') ?? '';
      return degraded.split(', ').includes('scorer') ? STOOD_IN : 'scored';
    } catch (error) {
      if (!(error instanceof ServerRefusal) || FOR_ALL.has(error.status)) throw error;
      return refused(error.message, error.status, error.retryAfterMs);
    }
  };
}

function refused(reason: string, status: number, retryAfterMs: number | undefined): Warmed {
  return { reason, retryAfterMs: retryAfterMs ?? (BUSY.has(status) ? BUSY_MS : undefined) };
}
