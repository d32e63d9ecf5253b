import { z } from 'zod';
import type { NamedSchema } from './described.js';

/** Any of the schemas, each once. */
export function eitherOf(named: readonly NamedSchema[]): z.ZodType {
  const [first, ...others] = new Set(named.map(({ schema }) => schema));
  return others.length === 0 ? first! : z.union([first!, ...others]);
}
