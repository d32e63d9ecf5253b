import type { z } from 'zod';
import type { oas31, ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import type { ErrorCode } from '../../base/errors.js';
import { type DescribedForm, type ErrorStatus, errorStatuses } from './error-statuses.js';
import { COMMON_HEADERS, headersOf } from './headers.js';
import { eitherOf } from './named-schemas.js';

/** More examples than these say nothing new. */
const MAX_EXAMPLES = 3;

/** Error responses as components: operations whose errors are the same name the same ones. */
export class ErrorResponses {
  private readonly byName = new Map<
    string,
    { readonly key: string; readonly response: ZodOpenApiResponseObject }
  >();

  /** All that have been asked for. */
  get components(): Record<string, ZodOpenApiResponseObject> {
    return Object.fromEntries([...this.byName].map(([name, { response }]) => [name, response]));
  }

  /**
   * The responses to these errors in these forms, by reference.
   *
   * @param family beginning of the components' names; of one family a status is always the same
   * @param headers that any of them may have
   */
  of(
    family: string,
    codes: Iterable<ErrorCode>,
    forms: readonly DescribedForm[],
    headers: readonly string[],
  ): ZodOpenApiResponsesObject {
    const references: Record<`${4 | 5}${string}`, oas31.ReferenceObject> = {};
    for (const [status, found] of errorStatuses(codes, forms)) {
      const name = `${family}${status}`;
      this.take(name, found, headers);
      references[`${status}` as `4${string}`] = { $ref: `#/components/responses/${name}` };
    }
    return references;
  }

  private take(name: string, found: ErrorStatus, headers: readonly string[]): void {
    const key = JSON.stringify([[...found.when], [...found.schemas].map((schema) => schema.name), headers]);
    const known = this.byName.get(name);
    if (known === undefined) this.byName.set(name, { key, response: responseOf(found, headers) });
    else if (known.key !== key) throw new Error(`two different responses are called ${name}`);
  }
}

function responseOf(
  { when, schemas, headers, examples }: ErrorStatus,
  more: readonly string[],
): ZodOpenApiResponseObject {
  const schema: z.ZodType = eitherOf([...schemas]);
  const shown = [...examples].slice(0, MAX_EXAMPLES).map(([name, value]) => [name, { value }] as const);
  return {
    description: [...when].join('; or '),
    headers: headersOf([...COMMON_HEADERS, ...headers, ...more]),
    content: { 'application/json': { schema, examples: Object.fromEntries(shown) } },
  };
}
