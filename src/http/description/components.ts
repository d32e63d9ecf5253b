import type { z } from 'zod';
import type { oas31 } from 'zod-openapi';
import type { DescribedDialect, DescribedLimits, NamedSchema } from './described.js';
import { componentName, describedDialects } from './dialects.js';
import { nativeError } from './error-schemas.js';
import { rerankAnswer, rerankRequest } from './native.js';
import { NATIVE_EXAMPLE, nativeAnswer, sampleReply } from './samples.js';

/** One API that ranks, ready to be put into operations: ours or a dialect's. */
export interface RankingApi {
  readonly name: string;
  readonly title: string;
  /** Where its clients call it, below the prefix that names it. */
  readonly path: string;
  readonly request: NamedSchema;
  readonly answer: NamedSchema;
  readonly error: NamedSchema;
  /** Headers of its own that its answers have. */
  readonly headers: readonly string[];
  readonly examples: { readonly request: object; readonly answer: unknown };
}

/** Every API that ranks, ours first. */
export function rankingApis(limits: DescribedLimits): readonly RankingApi[] {
  const native: RankingApi = {
    name: 'native',
    title: 'the native API',
    path: '/rerank',
    request: { name: 'NativeRequest', schema: rerankRequest(limits) },
    answer: { name: 'NativeAnswer', schema: rerankAnswer },
    error: nativeError,
    headers: [],
    examples: { request: NATIVE_EXAMPLE, answer: nativeAnswer() },
  };
  return [native, ...describedDialects(limits).map(apiOf)];
}

function apiOf(described: DescribedDialect): RankingApi {
  const { dialect, title, path, request, answer, error, example } = described;
  const { body, headers } = sampleReply(described);
  const name = componentName(dialect.name);
  return {
    name: dialect.name,
    title,
    path,
    request: { name: `${name}Request`, schema: request },
    answer: { name: `${name}Answer`, schema: answer },
    error,
    headers,
    examples: { request: example, answer: body },
  };
}

/** All schemas by name. */
export function schemaComponents(
  apis: readonly RankingApi[],
  more: readonly NamedSchema[],
): Record<string, z.ZodType> {
  const all = [...apis.flatMap(({ request, answer, error }) => [request, answer, error]), ...more];
  return Object.fromEntries(all.map(({ name, schema }) => [name, schema]));
}

/** The examples of all APIs by the names of their schemas. */
export function exampleComponents(apis: readonly RankingApi[]): Record<string, oas31.ExampleObject> {
  return Object.fromEntries(
    apis.flatMap(({ title, request, answer, examples }) => [
      [request.name, { summary: title, value: examples.request }],
      [answer.name, { summary: title, value: examples.answer }],
    ]),
  );
}

/** References to them. */
export function exampleReferences(schemas: readonly NamedSchema[]): Record<string, oas31.ReferenceObject> {
  return Object.fromEntries(schemas.map(({ name }) => [name, { $ref: `#/components/examples/${name}` }]));
}
