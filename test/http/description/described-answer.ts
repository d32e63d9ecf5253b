import { Ajv2020, type AnySchema, type ValidateFunction } from 'ajv/dist/2020.js';
import type { oas31 } from 'zod-openapi';
import { describeApi } from '../../../src/http/description/document.js';
import { DIALECT_NAMES, dialectOf } from '../../../src/http/dialects/registry.js';
import { readTarget } from '../../../src/http/request-target.js';
import { RouteFinder } from '../../../src/http/routes/find-route.js';
import { ROUTES, type Route } from '../../../src/http/routes/table.js';
import { OPTIONS } from '../fake-services.js';

/** The description with the limits that tests have. */
export const DESCRIPTION = describeApi(OPTIONS);

const ajv = new Ajv2020({ strict: false, allErrors: false });
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
ajv.addSchema({ ...DESCRIPTION, $id: 'api' } as AnySchema);
const finder = new RouteFinder<Route>(ROUTES);
const prefixes = new Set(DIALECT_NAMES);

/** What each answer has beside what is described. */
const HTTP_HEADERS = new Set([
  'content-type',
  'content-length',
  'date',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'x-content-type-options',
]);

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** What is wrong with an answer by the description of its path; empty where nothing is. */
export function undescribed(method: string, url: string, answer: Answer): string[] {
  const operation = operationOf(method, url);
  if (operation === undefined) {
    return answer.status === 404
      ? []
      : [`${method} ${url} is no route, and is answered with ${answer.status}`];
  }
  const response = responseOf(operation, answer.status);
  if (response === undefined) return [`${answer.status} is not described`];
  const wrong: string[] = [];
  const described = Object.keys(response.headers ?? {}).map((name) => name.toLowerCase());
  for (const name of Object.keys(answer.headers)) {
    if (!HTTP_HEADERS.has(name) && !described.includes(name)) wrong.push(`header ${name} is not described`);
  }
  for (const [name, header] of Object.entries(response.headers ?? {})) {
    const { required } = resolved(header, DESCRIPTION.components?.headers);
    if (required && !(name.toLowerCase() in answer.headers)) wrong.push(`header ${name} is missing`);
  }
  const [type = '', content] = Object.entries(response.content ?? {})[0] ?? [];
  if (!String(answer.headers['content-type']).startsWith(type)) wrong.push(`not ${type}`);
  if (content?.schema === undefined) return wrong;
  const validate = validatorOf(content.schema);
  if (!validate(answer.body)) wrong.push(ajv.errorsText(validate.errors));
  return wrong;
}

/** A validator for a schema of the description. */
export function validatorOf(schema: oas31.SchemaObject | oas31.ReferenceObject): ValidateFunction {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  // References in it are to the description.
  const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as AnySchema;
  const validate = ajv.compile(absolute);
  validators.set(schema, validate);
  return validate;
}

const validators = new Map<object, ValidateFunction>();

function operationOf(method: string, url: string): oas31.OperationObject | undefined {
  const { dialect, path } = readTarget(url, prefixes);
  const route = finder.find(method, path);
  if (route === undefined) return undefined;
  const paths = DESCRIPTION.paths ?? {};
  const verb = method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
  const isOfDialects = route.ranks === true && !['/score', '/rerank/batch'].includes(route.path);
  if (dialect === undefined || !isOfDialects) return paths[route.path.replaceAll('…', '')]?.[verb];
  const spoken = dialectOf(dialect, path);
  const name = typeof spoken === 'object' ? spoken.name : spoken;
  const found = Object.keys(paths).find((one) => one.startsWith(`/${name}/`));
  return paths[found!]?.[verb];
}

function responseOf(
  { responses = {} }: oas31.OperationObject,
  status: number,
): oas31.ResponseObject | undefined {
  const response = responses[String(status)] as oas31.ResponseObject | oas31.ReferenceObject | undefined;
  return response && resolved(response, DESCRIPTION.components?.responses);
}

function resolved<T extends object>(
  value: T | oas31.ReferenceObject,
  among: Readonly<Record<string, T | oas31.ReferenceObject>> = {},
): T {
  return '$ref' in value ? (among[String(value.$ref).split('/').at(-1)!] as T) : (value as T);
}
