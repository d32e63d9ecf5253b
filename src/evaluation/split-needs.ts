import type { Random } from '../base/random.js';
import type { CollectionQuery } from './collection.js';
import { reword } from './reword.js';
import { shuffled } from './shuffle.js';

/** The queries of a simulation by what users do with them. */
export interface SplitNeeds {
  /** Asked again and again, with feedback. */
  readonly visited: readonly CollectionQuery[];
  /** Other wordings of visited needs; nobody ever asks them before they are measured. */
  readonly reworded: readonly CollectionQuery[];
  /** Queries whose need nobody visits. */
  readonly unseen: readonly CollectionQuery[];
}

/**
 * Splits queries by chance. Half of the needs (rounded up) are visited, the others unseen with all their wordings. Of
 * a visited need half of the wordings (rounded up) are visited, the rest reworded. Where no need has two wordings,
 * the reworded queries are made by `reword` from the visited ones and keep their candidates and judgements.
 */
export function splitNeeds(queries: readonly CollectionQuery[], random: Random): SplitNeeds {
  const needs = shuffled(byNeed(queries), random);
  const visitedNeeds = needs.slice(0, Math.ceil(needs.length / 2));
  const unseen = needs.slice(visitedNeeds.length).flat();
  const halves = visitedNeeds.map((wordings) => {
    const mixed = shuffled(wordings, random);
    const half = Math.ceil(mixed.length / 2);
    return { visited: mixed.slice(0, half), rest: mixed.slice(half) };
  });
  const visited = halves.flatMap((need) => need.visited);
  const hasWordings = needs.some((wordings) => wordings.length > 1);
  const reworded = hasWordings ? halves.flatMap(({ rest }) => rest) : madeUp(visited, random);
  return { visited, reworded, unseen };
}

/** Queries of one need together; a query without a group is a need of its own. */
function byNeed(queries: readonly CollectionQuery[]): CollectionQuery[][] {
  const needs = new Map<string, CollectionQuery[]>();
  for (const query of queries) {
    const need = query.group === undefined ? `query ${query.id}` : `group ${query.group}`;
    needs.set(need, [...(needs.get(need) ?? []), query]);
  }
  return [...needs.values()];
}

function madeUp(visited: readonly CollectionQuery[], random: Random): CollectionQuery[] {
  return visited.flatMap((query) => {
    const text = reword(query.text, random);
    return text === undefined ? [] : [{ ...query, id: `${query.id} (reworded)`, text }];
  });
}
