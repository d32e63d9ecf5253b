import type { AnswerRow, DialectAnswer } from './dialect.js';

/** The model's name in the answer: what the caller wrote, else ours, for many clients want one. */
export function modelOf({ request }: DialectAnswer): string {
  return request.model ?? 'neuralcache';
}

/** Rows as a JSON list, each written by `write`. By hand, because their texts are quoted already. */
export function writeRows(rows: readonly AnswerRow[], write: (row: AnswerRow) => string): string {
  let list = '[';
  for (let i = 0; i < rows.length; i++) list += i === 0 ? write(rows[i]!) : `,${write(rows[i]!)}`;
  return `${list}]`;
}

/** `{index, relevance_score}`, the row of the Cohere family. */
export function relevanceRow(row: AnswerRow): string {
  return `{"index":${row.index},"relevance_score":${row.score}${explained(row)}}`;
}

/** `{index, score}`, where the score goes by that name. */
export function scoreRow(row: AnswerRow): string {
  return `{"index":${row.index},"score":${row.score}${explained(row)}}`;
}

/** `relevanceRow` with `document` as an object: the caller's own, or `{text}` of a string. */
export function relevanceRowWithObject(row: AnswerRow): string {
  return `{"index":${row.index},"relevance_score":${row.score},"document":${documentObject(row)}${explained(row)}}`;
}

/** `relevanceRow` with `document` as a string. */
export function relevanceRowWithText(row: AnswerRow): string {
  return `{"index":${row.index},"relevance_score":${row.score},"document":${row.quotedText}${explained(row)}}`;
}

/** `,"explain":{…}` at the end of a row, as the native answer has it, where it was asked for by header; else nothing. */
export function explained({ explanation }: AnswerRow): string {
  return explanation === undefined ? '' : `,"explain":${JSON.stringify(explanation)}`;
}

/** The document as JSON: the caller's own object whole, or `{text}` of a string. */
export function documentObject({ candidate, quotedText }: AnswerRow): string {
  return candidate.metadata === undefined ? `{"text":${quotedText}}` : JSON.stringify(candidate.metadata);
}
