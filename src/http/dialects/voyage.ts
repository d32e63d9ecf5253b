import { detailError } from './detail-error.js';
import type { Dialect } from './dialect.js';
import { status400 } from './error-text.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { modelOf, relevanceRow, relevanceRowWithText, writeRows } from './rows.js';
import { hasTopKWithStrings, isVoyageClient } from './voyage-marks.js';

const FORM: BodyForm = {
  documents: 'documents',
  topN: ['top_k'],
  leastTopN: 1,
  echo: 'return_documents',
  knobs: { truncation: 'boolean' },
};

/** Voyage's rerank API, also MongoDB's. Documents are echoed as strings. */
export const voyage: Dialect = {
  name: 'voyage',
  decode: (call) => readBody(call, FORM),
  encode(answer) {
    const { call, rows, request } = answer;
    const data = writeRows(rows, request.echo ? relevanceRowWithText : relevanceRow);
    const results = hasTopKWithStrings(call) && !isVoyageClient(call) ? `"results":${data},` : '';
    const { tokens } = estimateUsage(request);
    return {
      body: `{"object":"list","data":${data},${results}"model":${JSON.stringify(modelOf(answer))},"usage":{"total_tokens":${tokens}}}`,
    };
  },
  error: detailError(status400),
};
