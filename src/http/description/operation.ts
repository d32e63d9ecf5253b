import type { ZodOpenApiOperationObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import type { ErrorCode } from '../../base/errors.js';
import type { ErrorForm } from '../dialects/dialect.js';
import { dialectOf } from '../dialects/registry.js';
import { supersetError } from '../dialects/superset-error.js';
import { errorFormOf } from '../error-body.js';
import type { Route } from '../routes/table.js';
import { exampleReferences, type RankingApi } from './components.js';
import type { DescribedOperation, NamedSchema } from './described.js';
import { componentName } from './dialects.js';
import type { ErrorResponses } from './error-responses.js';
import * as schemas from './error-schemas.js';
import { type DescribedForm, errorsOf, NATIVE } from './error-statuses.js';
import { COMMON_HEADERS, headersOf, QUOTA_HEADERS, RANKING_HEADERS, RANKING_PARAMETERS } from './headers.js';
import { eitherOf } from './named-schemas.js';

const ANY: DescribedForm = { form: supersetError, schema: schemas.supersetError };

/** The operation of a path that ranks, in whichever of `apis` the request is; of one alone every answer is that one's. */
export function rankingOperation(
  route: Route,
  path: string,
  summary: string,
  apis: readonly RankingApi[],
  errorResponses: ErrorResponses,
): ZodOpenApiOperationObject {
  const forms = apis.map(({ name, error }): DescribedForm => ({ form: formOf(name), schema: error }));
  const isOfOne = apis.length === 1;
  if (!isOfOne) forms.push(formBeforeBody(route, apis));
  const family = isOfOne ? componentName(apis[0]!.name) : 'AnyApi';
  const answers = apis.map(({ answer }) => answer);
  const headers = [
    ...COMMON_HEADERS,
    ...RANKING_HEADERS,
    ...QUOTA_HEADERS,
    ...apis.flatMap((api) => api.headers),
  ];
  return {
    ...common(route, path, summary, [...RANKING_PARAMETERS, ...(isOfOne ? [] : ['dialect'])]),
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: eitherOf(apis.map(({ request }) => request)),
          examples: exampleReferences(apis.map(({ request }) => request)),
        },
      },
    },
    responses: {
      200: {
        description: 'ranked, best first',
        headers: headersOf(headers),
        content: { 'application/json': { schema: eitherOf(answers), examples: exampleReferences(answers) } },
      },
      ...errorResponses.of(family, errorCodes(route, true, []), forms, QUOTA_HEADERS),
    },
  };
}

/** The operation of any other path. */
export function plainOperation(
  route: Route,
  path: string,
  summary: string,
  described: DescribedOperation,
  errorResponses: ErrorResponses,
): ZodOpenApiOperationObject {
  const { request, example, query, requestTypes = [], errors = [] } = described;
  const body = { schema: request, ...(example !== undefined && { example }) };
  const form = formBeforeBody(route, []);
  const codes = errorCodes(route, request !== undefined, errors);
  // Administrators' answers are in no cache, their errors included.
  const isPrivate = route.access === 'admin';
  const family = isPrivate ? 'Admin' : `${isAdmitted(route) ? 'Namespace' : ''}${form.schema.name}`;
  const quota = isAdmitted(route) ? QUOTA_HEADERS : [];
  const more = isPrivate ? ['Cache-Control'] : quota;
  return {
    ...common(route, path, summary, described.parameters ?? parametersOf(route, request !== undefined)),
    ...(isPrivate && { servers: [{ url: '/' }] }),
    ...(query && { requestParams: { query } }),
    ...(request && {
      requestBody: {
        required: true,
        content: Object.fromEntries(['application/json', ...requestTypes].map((type) => [type, body])),
      },
    }),
    responses: {
      ...errorResponses.of(family, codes, [form], more),
      ...answersOf(route, described, more),
    },
  };
}

function parametersOf({ ranks, access }: Route, readsBody: boolean): readonly string[] {
  if (ranks === true) return RANKING_PARAMETERS;
  return readsBody && access !== 'admin' ? ['namespace', 'source'] : [];
}

function answersOf(
  route: Route,
  { answer, type, statuses = [200], headers: own = [], answers }: DescribedOperation,
  headersOfAll: readonly string[],
): ZodOpenApiResponsesObject {
  const names = [...COMMON_HEADERS, ...headersOfAll, ...(route.ranks === true ? RANKING_HEADERS : [])];
  const content = answer === undefined ? { [type!]: {} } : { 'application/json': { schema: answer } };
  if (answers === undefined) {
    const headers = headersOf([...names, ...own]);
    return Object.fromEntries(
      statuses.map((status) => [status, { description: route.what, headers, content }]),
    );
  }
  return Object.fromEntries(
    Object.entries(answers).map(([status, { schema, what = route.what, headers = [] }]) => [
      status,
      {
        description: what,
        headers: headersOf([...names, ...headers]),
        content: { 'application/json': { schema } },
      },
    ]),
  );
}

function common(route: Route, path: string, summary: string, parameters: readonly string[]) {
  const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => ({
    name: name!,
    in: 'path' as const,
    required: true,
    schema: { type: 'string' as const, minLength: 1 },
  }));
  return {
    operationId: operationId(route.method, path),
    summary,
    security: securityOf(route),
    parameters: [...inPath, ...parameters.map((name) => ({ $ref: `#/components/parameters/${name}` }))],
  };
}

/** `POST /v1/{config}:rank` → `postV1ConfigRank`. */
function operationId(method: string, path: string): string {
  if (path === '/') return `${method.toLowerCase()}Root`;
  return `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]*([A-Za-z0-9]+)[^A-Za-z0-9]*/g, (_, word: string) => word[0]!.toUpperCase() + word.slice(1))}`;
}

/** Routes of administrators always need a credential; others once any are configured, so none is an alternative. */
function securityOf({ access }: Route): Record<string, string[]>[] {
  const any: Record<string, string[]>[] = [{ bearer: [] }, { apiKey: [] }, { pineconeKey: [] }];
  if (access === 'open') return [{}];
  return access === 'admin' ? any : [...any, {}];
}

function errorCodes(route: Route, readsBody: boolean, more: readonly ErrorCode[]): ReadonlySet<ErrorCode> {
  return errorsOf({
    readsBody,
    ranks: route.ranks === true,
    isAdmitted: isAdmitted(route),
    needsCredentials: route.access !== 'open',
    more,
  });
}

/** Whether it uses a namespace, whose life and quotas then have a say. */
function isAdmitted({ method, access }: Route): boolean {
  return method === 'POST' && access !== 'admin';
}

function formOf(name: string): ErrorForm {
  const spoken = dialectOf(name, '');
  return spoken === undefined ? supersetError : errorFormOf(spoken);
}

/** How the errors of a route read as long as the body has not said more. */
function formBeforeBody({ errors }: Route, apis: readonly RankingApi[]): DescribedForm {
  if (errors === 'native') return NATIVE;
  if (errors === 'any') return ANY;
  const schema = apis.find(({ name }) => name === errors)?.error ?? SCHEMAS[errors];
  if (schema === undefined) throw new Error(`no schema for errors of ${errors}`);
  return { form: formOf(errors), schema };
}

/** Of routes that are no rankings. */
const SCHEMAS: Readonly<Record<string, NamedSchema | undefined>> = {
  tei: schemas.teiError,
  vllm: schemas.vllmError,
  xinference: schemas.detailError,
};
