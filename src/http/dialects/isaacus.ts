import type { Dialect } from './dialect.js';
import { estimateUsage } from './estimate.js';
import { type BodyForm, readBody } from './read-body.js';
import { scoreRow, writeRows } from './rows.js';
import { supersetError } from './superset-error.js';

const FORM: BodyForm = {
  documents: 'texts',
  topN: ['top_n'],
  leastTopN: 1,
  knobs: { is_iql: 'boolean', scoring_method: 'string' },
};

/** Isaacus' rerankings: documents are `texts`, scores go by `score`. */
export const isaacus: Dialect = {
  name: 'isaacus',
  decode: (call) => readBody(call, FORM),
  encode({ rows, request }) {
    const usage = `{"input_tokens":${estimateUsage(request).tokens}}`;
    return { body: `{"results":${writeRows(rows, scoreRow)},"usage":${usage}}` };
  },
  error: supersetError,
};
