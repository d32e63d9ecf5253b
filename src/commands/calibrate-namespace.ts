import type { Encoder } from '../encoders/encoder.js';
import {
  areDisjoint,
  FEWEST_QUERIES,
  measureThreshold,
  type ThresholdReport,
} from '../evaluation/measure-threshold.js';
import { RecordError, readCell, type VectorShape } from '../namespaces/records.js';
import type { Row } from '../stores/store.js';
import { type CommandContext, CommandError } from './context.js';
import { assertStored, reading, type StoredState } from './stored-state.js';
import { oneLine } from './terminal.js';

interface RememberedQuery {
  readonly key: Float32Array;
  /** Documents somebody selected for it. */
  readonly accepted: ReadonlySet<string>;
}

/**
 * Measures the τ of an encoder on what a namespace remembers: the key vectors of its queries, as far as this encoder
 * made them, for texts are never stored. Unrelated are queries without an accepted document in common, related those
 * with one; queries for which nothing was accepted say nothing. Also while a server runs. Throws as `measureThreshold`
 * does, and `CommandError` where there is no such namespace or it remembers too few.
 */
export async function calibrateNamespace(
  context: CommandContext,
  state: StoredState,
  namespace: string,
  { name, version, dimension, tau }: Pick<Encoder, 'name' | 'version' | 'dimension' | 'tau'>,
): Promise<ThresholdReport> {
  const rows = await reading(context, state, async (reader) => {
    await assertStored(reader, namespace);
    return reader.load(namespace);
  });
  const shape = { encoder: `${name}@${version}`, dimension };
  const queries = rows.flatMap((row) => rememberedQuery(row, shape) ?? []);
  if (queries.length < FEWEST_QUERIES) {
    const found = `${oneLine(namespace)} remembers ${queries.length} queries with a key by ${name} and something accepted`;
    const hint = tau === undefined ? ' (without a τ it makes no keys: measure on a folder first)' : '';
    throw new CommandError(`${found}; ${FEWEST_QUERIES} are needed${hint}`);
  }
  return measureThreshold({
    keys: queries.map(({ key }) => key),
    relation: (left, right) =>
      areDisjoint(queries[left].accepted, queries[right].accepted) ? 'unrelated' : 'related',
  });
}

function rememberedQuery(row: Row, shape: VectorShape): RememberedQuery | undefined {
  if (row.kind !== 'cell') return undefined;
  try {
    const { key, documents } = readCell(row, shape);
    const accepted = new Set([...documents].filter(([, { S }]) => S > 0).map(([id]) => id));
    return key === null || accepted.size === 0 ? undefined : { key, accepted };
  } catch (error) {
    // A damaged record says nothing here; `storage check` tells of it.
    if (error instanceof RecordError) return undefined;
    throw error;
  }
}
