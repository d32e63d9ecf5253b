import type { Shape } from './bodies.js';

/** What of a request the server has met before: pairs, texts, or nothing. */
export type Workload = 'pairs known' | '48 of 50 pairs known' | 'texts known, new queries' | 'all new';

export interface Case {
  readonly name: string;
  readonly shape: Shape;
  readonly scorer: 'hybrid' | 'lexical' | 'embedding' | 'upstream';
  readonly workload: Workload;
  /** Queries the namespace has learned before. */
  readonly cells: number;
  /** Share of bare Express the case must reach, where the project promises one. */
  readonly target?: number;
  /** Time the case may add to the upstream's own, as a multiple of bare Express's, where the project promises one. */
  readonly mostAdded?: number;
}

export const MANY_CELLS = 1024;

const TEXT_SHAPES: readonly Shape[] = [
  { name: '10×300', documents: 10, characters: 300 },
  { name: '50×1000', documents: 50, characters: 1000 },
  { name: '100×500', documents: 100, characters: 500 },
];
const VECTOR_SHAPE: Shape = {
  name: '50×1000, 384 dimensions',
  documents: 50,
  characters: 1000,
  dimension: 384,
};
/** As clients of other rerank APIs send them, in front of an upstream. */
const PROXIED_SHAPE: Shape = { name: '50×1000', documents: 50, characters: 1000, areStrings: true };

const WORKLOADS: readonly (readonly [Workload, number])[] = [
  ['pairs known', 0],
  ['texts known, new queries', 0],
  ['all new', 0],
  ['pairs known', MANY_CELLS],
  ['texts known, new queries', MANY_CELLS],
];

/** Promised for 50 documents of 1000 characters. */
const TARGETS: Readonly<Record<string, number>> = {
  'hybrid, pairs known': 0.6,
  'hybrid, texts known, new queries': 0.2,
  'hybrid, all new': 0.05,
  'lexical, all new': 0.25,
  'upstream, pairs known': 0.7,
};
const MOST_ADDED: Readonly<Record<string, number>> = { 'upstream, all new': 1 };

/** Everything that is measured, cases of one scorer next to each other. */
export const CASES: readonly Case[] = [
  ...TEXT_SHAPES.flatMap((shape) => WORKLOADS.map((workload) => makeCase(shape, 'hybrid', workload))),
  ...TEXT_SHAPES.map((shape) => makeCase(shape, 'lexical', ['all new', 0])),
  ...WORKLOADS.map((workload) => makeCase(VECTOR_SHAPE, 'embedding', workload)),
  ...(['pairs known', '48 of 50 pairs known', 'all new'] as const).map((workload) =>
    makeCase(PROXIED_SHAPE, 'upstream', [workload, 0]),
  ),
];

function makeCase(
  shape: Shape,
  scorer: Case['scorer'],
  [workload, cells]: readonly [Workload, number],
): Case {
  const isPromised = shape.name === '50×1000' && cells === 0;
  const target = isPromised ? TARGETS[`${scorer}, ${workload}`] : undefined;
  const mostAdded = isPromised ? MOST_ADDED[`${scorer}, ${workload}`] : undefined;
  const memory = cells === 0 ? '' : `, ${cells} cells`;
  return {
    name: `${shape.name}, ${scorer}, ${workload}${memory}`,
    shape,
    scorer,
    workload,
    cells,
    target,
    mostAdded,
  };
}
