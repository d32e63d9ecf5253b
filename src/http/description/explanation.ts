import { z } from 'zod';

const number = z.number();

/** How a document came to its place; in every dialect where a header asks for it. */
export const rowExplanation = z.object({
  base_score: number,
  base_rank: z.int().min(1),
  parts: z.record(z.string(), number),
  b: number,
  S: number,
  W: number,
  P: number,
  N: number,
  N_namespace: number,
  P_namespace: number,
  free: z.boolean(),
});

/** How memory spoke of the request as a whole. */
export const answerExplanation = z.object({
  mu: number,
  beta: number,
  evidence: number,
  neighbours: z.array(
    z.object({
      same_text: z.boolean(),
      similarity: number,
      weight: number,
      trust: number,
      feedbacks: number,
    }),
  ),
  safety_gate: z.object({ open: z.boolean(), gain: number, bound: number }),
  trust: z.object({ narrative: number, pheromone: number }),
});
