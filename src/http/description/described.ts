import type { z } from 'zod';
import type { Dialect } from '../dialects/dialect.js';
import type { JsonObject } from '../schemas/issues.js';

/** Bounds that schemas tell, as the settings have them. */
export interface DescribedLimits {
  readonly maxTopK: number;
  readonly maxDocuments: number;
  readonly maxTextLength: number;
  readonly maxBatchSize: number;
  readonly dialectMaxDocuments: number;
}

/** A schema with the name it goes by among the components. Equal names are the same schema. */
export interface NamedSchema {
  readonly name: string;
  readonly schema: z.ZodType;
}

/** What a dialect takes and gives, for people and their tools; its module reads and writes by hand. */
export interface DescribedDialect {
  readonly dialect: Dialect;
  /** Whose API it is. */
  readonly title: string;
  /** Where its clients call it, below the dialect's prefix; `{name}` stands for one segment. */
  readonly path: string;
  /** Takes at least every body that it describes. */
  readonly request: z.ZodType;
  /** Every answer with status 200, and nothing besides. */
  readonly answer: z.ZodType;
  readonly error: NamedSchema;
  /** A request; answers and errors to it are made by the module itself. */
  readonly example: JsonObject;
}
