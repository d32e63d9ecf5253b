import type { RerankAnswer } from '../../reranker/request.js';
import type { AnswerRow } from './dialect.js';

/**
 * The rows with scores as drop-in dialects have them: in 0…1. Relative scores and probabilities stay as they are, cosines
 * are cut at 0, logits go through the logistic function. Raw scores that were asked for stay where they are logits; other
 * scales have none. All of it rises with the score, so scores still fall with rank.
 */
export function dialectRows(
  { results, scale }: Pick<RerankAnswer, 'results' | 'scale'>,
  rawWished: boolean,
): readonly AnswerRow[] {
  if (scale === 'logit') return rawWished ? results : withScores(results, logistic);
  return results.every(({ score }) => score >= 0 && score <= 1) ? results : withScores(results, clamp);
}

function withScores(rows: readonly AnswerRow[], map: (score: number) => number): AnswerRow[] {
  return rows.map((row) => ({
    candidate: row.candidate,
    index: row.index,
    score: map(row.score),
    explanation: row.explanation,
    // Not spread out: a text is written only where it is read.
    get quotedText() {
      return row.quotedText;
    },
  }));
}

function logistic(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function clamp(score: number): number {
  return Math.min(1, Math.max(0, score));
}
