import { formBatches } from './form-batches.js';
import type { InputFailure } from './loaded-model.js';
import type { TokenRow } from './token-slots.js';

/** Longest part of a runtime's message that is passed on. */
const MAX_REASON = 300;

/** One result a row, in order. Rejects where the graph breaks. */
export type RunBatch = (rows: readonly TokenRow[]) => Promise<readonly Float32Array[]>;

/**
 * Runs rows in batches of at most `batchTokens` padded tokens (0: each alone) and gives one result a row, in order. A batch
 * that breaks is run again row by row, so that one row fails alone; so do rows whose result is not finite.
 */
export async function runRows(
  rows: readonly TokenRow[],
  runBatch: RunBatch,
  batchTokens: number,
): Promise<(Float32Array | InputFailure)[]> {
  const results: (Float32Array | InputFailure)[] = new Array(rows.length);
  const lengths = rows.map(({ ids }) => ids.length);
  for (const places of formBatches(lengths, batchTokens)) {
    const batch = places.map((place) => rows[place]!);
    const done = await runOrSplit(batch, runBatch);
    places.forEach((place, index) => {
      results[place] = done[index]!;
    });
  }
  return results;
}

async function runOrSplit(
  rows: readonly TokenRow[],
  runBatch: RunBatch,
): Promise<(Float32Array | InputFailure)[]> {
  try {
    return (await runBatch(rows)).map(checkFinite);
  } catch (error) {
    if (rows.length === 1) return [toFailure(error)];
    const results: (Float32Array | InputFailure)[] = [];
    for (const row of rows) results.push(...(await runOrSplit([row], runBatch)));
    return results;
  }
}

function checkFinite(result: Float32Array): Float32Array | InputFailure {
  return result.every(Number.isFinite) ? result : { failure: 'the graph gave a number that is not finite' };
}

/** Why an input failed, from what was thrown: messages of the runtime and of ours never hold text. */
export function toFailure(error: unknown): InputFailure {
  return { failure: (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON) };
}
