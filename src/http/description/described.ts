import type { z } from 'zod';
import type { ErrorCode } from '../../base/errors.js';
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

/** A route that is of no dialect alone. `statuses` may hold others than 200 with the same body. */
export interface DescribedOperation {
  readonly request?: z.ZodType;
  readonly example?: JsonObject | readonly JsonObject[];
  /** Absent where the answer is no JSON. */
  readonly answer?: z.ZodType;
  readonly type?: 'text/plain' | 'text/html';
  readonly statuses?: readonly number[];
  /** Headers its answers have besides those of all. */
  readonly headers?: readonly string[];
  /** Errors that can happen besides those any such route has. */
  readonly errors?: readonly ErrorCode[];
  /** Parameters of the query string. */
  readonly query?: z.ZodObject;
  /** Headers of requests, by the names of their components, where not those of all such routes. */
  readonly parameters?: readonly string[];
  /** Media types that a body may have besides `application/json`. */
  readonly requestTypes?: readonly string[];
  /** By status, where answers differ. */
  readonly answers?: Readonly<Record<number, DescribedAnswer>>;
}

export interface DescribedAnswer {
  readonly schema: z.ZodType;
  readonly what?: string;
  readonly headers?: readonly string[];
}
