import { dot } from '../ranking/similarity.js';
import { type Collection, type CollectionQuery, judgedQueries } from './collection.js';
import {
  areDisjoint,
  type Meeting,
  measureThreshold,
  type Relation,
  type ThresholdReport,
} from './measure-threshold.js';
import { type KeyMakers, QueryKeys } from './query-keys.js';
import { reword } from './reword.js';
import { namedRandom, shuffled } from './shuffle.js';
import { splitNeeds } from './split-needs.js';

/** How often it is drawn which queries the memory knows. */
const MEETINGS = 10;

export interface CalibrationOptions {
  /** Most queries, drawn by chance: every pair of them is compared. */
  readonly queries: number;
  /** Seed of the draw and of made-up rewordings. */
  readonly seed: number;
  /** Told the share done, in [0, 1], after every query. */
  readonly onProgress?: (share: number) => void;
}

export interface CalibrationReport extends ThresholdReport {
  readonly collection: string;
  /** Whose base order the keys come from. */
  readonly scorer: string;
  /** Where the related pairs come from: the collection's groups, or rewordings made up as `simulate` does. */
  readonly wordings: 'groups' | 'made up';
}

interface KeyedQuery {
  readonly query: CollectionQuery;
  readonly relevant: ReadonlySet<string>;
  readonly key: Float32Array;
}

/**
 * Measures the τ of an encoder on a collection, as queries of unseen needs meet a memory that was visited with half of
 * the needs, drawn anew several times: `simulate` splits them so. Unrelated are queries of different groups without a
 * relevant document in common; related are those of one group, or, where there are no groups, each query and a
 * rewording of it. Queries in which the encoder knows nothing are left out. Throws as `measureThreshold` does. Cost: a
 * request for each wording, and all pairs.
 */
export async function calibrateCollection(
  collection: Collection,
  makers: KeyMakers,
  { queries: most, seed, onProgress }: CalibrationOptions,
): Promise<CalibrationReport> {
  const judged = judgedQueries(collection);
  const drawn = judged.length > most ? shuffled(judged, namedRandom(seed, 'draw')).slice(0, most) : judged;
  const hasGroups = drawn.some(({ group }) => group !== undefined);
  const keys = new QueryKeys(makers);
  const keyed: KeyedQuery[] = [];
  const rewordings: number[] = [];
  for (const [place, query] of drawn.entries()) {
    const key = await keys.key(query);
    if (key !== null) {
      keyed.push({ query, relevant: relevantOf(query), key });
      const other = hasGroups ? undefined : reword(query.text, namedRandom(seed, query.id));
      const otherKey = other === undefined ? null : await keys.key(query, other);
      if (otherKey !== null) rewordings.push(dot(key, otherKey));
    }
    onProgress?.((place + 1) / drawn.length);
  }
  const report = measureThreshold({
    keys: keyed.map(({ key }) => key),
    relation: (left, right) => relationOf(keyed[left], keyed[right]),
    meetings: Array.from({ length: MEETINGS }, (_, draw) => drawMeeting(keyed, seed + draw)),
    otherRelated: rewordings,
  });
  const wordings = hasGroups ? 'groups' : 'made up';
  return { ...report, collection: collection.name, scorer: keys.scorer, wordings };
}

function drawMeeting(keyed: readonly KeyedQuery[], seed: number): Meeting {
  const places = new Map(keyed.map(({ query }, place) => [query.id, place]));
  const { visited, unseen } = splitNeeds(
    keyed.map(({ query }) => query),
    namedRandom(seed, 'split'),
  );
  const placesOf = (queries: readonly CollectionQuery[]) => queries.map(({ id }) => places.get(id)!);
  return { asked: placesOf(unseen), known: placesOf(visited) };
}

function relevantOf({ judgements }: CollectionQuery): ReadonlySet<string> {
  return new Set([...judgements].filter(([, grade]) => grade > 0).map(([id]) => id));
}

function relationOf(left: KeyedQuery, right: KeyedQuery): Relation {
  if (left.query.text === right.query.text) return 'neither';
  if (left.query.group !== undefined && left.query.group === right.query.group) return 'related';
  return areDisjoint(left.relevant, right.relevant) ? 'unrelated' : 'neither';
}
