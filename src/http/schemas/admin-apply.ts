import { z } from 'zod';
import { namespaceSpec } from './admin-namespace.js';

const MAX_DECLARED = 10_000;

/** Namespaces as they shall be. */
export const declaredNamespaces = z.strictObject({
  namespaces: z.array(namespaceSpec).max(MAX_DECLARED),
  dry_run: z.boolean().nullish().meta({ description: 'true: nothing changes' }),
  prune: z.boolean().nullish().meta({
    description: 'true: those that were declared once and are not any more are deleted, with grace',
  }),
});
