import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { API_VERSION } from '../responder.js';
import { RouteFinder } from '../routes/find-route.js';
import { ROUTES, type Route } from '../routes/table.js';
import { ADMIN_SCHEMAS } from './admin.js';
import { exampleComponents, type RankingApi, rankingApis, schemaComponents } from './components.js';
import type { DescribedLimits } from './described.js';
import { ErrorResponses } from './error-responses.js';
import * as errors from './error-schemas.js';
import { headerComponents, parameterComponents } from './headers.js';
import { plainOperation, rankingOperation } from './operation.js';
import { operations } from './operations.js';

/** What of the app's options the description tells. */
export interface DescriptionOptions extends DescribedLimits {
  readonly namespaceHeader: string;
  readonly defaultNamespace: string;
}

export type Description = ReturnType<typeof createDocument>;

const INTRODUCTION = `Ranks documents for a query, in the API of the client that asks, and learns per namespace which ones helped.

- A path that several APIs share answers in the API the request is of. Behind a dialect's name (\`/{dialect}/…\`) it is that one's. The header \`X-NeuralCache-Dialect\` names it as well, and is believed also on paths that are described for one API alone.
- Every path but those under \`/admin\` is also there under \`/ns/{namespace}\`, which selects the namespace.
- GET routes answer HEAD as well, and every route OPTIONS.
- The id of each request is in \`X-Request-Id\`: \`POST /feedback\` takes it, and says which results helped.`;

/** Describes every route and every dialect as OpenAPI 3.1. Plain JSON of some 600 kB. Cost: hundreds of milliseconds, in one go. */
export function describeApi(options: DescriptionOptions): Description {
  const apis = rankingApis(options);
  const errorResponses = new ErrorResponses();
  const paths = { ...routePaths(apis, options, errorResponses), ...dialectPaths(apis, errorResponses) };
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'NeuralCache',
      version: API_VERSION,
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [
      { url: '/' },
      {
        url: '/ns/{namespace}',
        description: 'the same, in a namespace',
        variables: { namespace: { default: options.defaultNamespace } },
      },
    ],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: schemaComponents(apis, [errors.nativeError, errors.supersetError, ...ADMIN_SCHEMAS]),
      responses: errorResponses.components,
      headers: headerComponents(),
      parameters: parameterComponents(options.namespaceHeader),
      examples: exampleComponents(apis),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: '`Authorization: ApiKey …` is taken too' },
        apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        pineconeKey: { type: 'apiKey', in: 'header', name: 'Api-Key' },
      },
    },
  });
}

const TAGS = {
  ranking: 'in whatever API the request is of',
  memory: 'what helped',
  dialects: 'each API by its name',
  discovery: 'what clients look at first',
  operations: 'for whoever runs it',
  administration:
    'of namespaces, with one of `ADMIN_TOKENS`; without any configured these routes do not exist',
} as const;

/** The route table. */
function routePaths(
  apis: readonly RankingApi[],
  options: DescriptionOptions,
  errorResponses: ErrorResponses,
): ZodOpenApiPathsObject {
  const paths: ZodOpenApiPathsObject = {};
  const plain = operations(options);
  for (const route of ROUTES as readonly Route[]) {
    for (const path of pathsOf(route)) {
      const described = plain[`${route.method} ${route.path}`] ?? plain[route.path];
      const operation =
        described === undefined
          ? rankingOperation(route, path, summaryOf(route), apisOf(route, apis), errorResponses)
          : plainOperation(route, path, summaryOf(route), described, errorResponses);
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: { ...operation, tags: [tagOf(route)] } };
    }
  }
  return paths;
}

/** Each API behind its name, where the answer is of no other. */
function dialectPaths(apis: readonly RankingApi[], errorResponses: ErrorResponses): ZodOpenApiPathsObject {
  const finder = new RouteFinder<Route>(ROUTES);
  return Object.fromEntries(
    apis.map((api) => {
      const path = `/${api.name}${api.path}`;
      const route = finder.find('POST', api.path.replaceAll(/[{}]/g, ''));
      if (route === undefined) throw new Error(`no route answers ${api.path}`);
      const operation = rankingOperation(route, path, `rank as ${api.title} does`, [api], errorResponses);
      return [path, { post: { ...operation, tags: ['dialects'] } }];
    }),
  );
}

/** The paths of a route as OpenAPI has them: `{name…}` is one parameter, whose value may have slashes. */
export function pathsOf({ path, versioned }: Pick<Route, 'path' | 'versioned'>): readonly string[] {
  const plain = path.replaceAll('…', '');
  return versioned ? [plain, `/v1${plain}`] : [plain];
}

/** A path that belongs to one API speaks that one; any other may be called in all of them. */
function apisOf({ errors: form }: Route, apis: readonly RankingApi[]): readonly RankingApi[] {
  const own = apis.filter(({ name }) => name === form && name !== 'native');
  return own.length === 0 ? apis : own;
}

function summaryOf({ what, ending }: Route): string {
  return ending === undefined ? what : `${what}; also any path that ends in \`${ending}\``;
}

function tagOf({ path, ranks, method, access }: Route): keyof typeof TAGS {
  if (access === 'admin') return 'administration';
  if (ranks) return 'ranking';
  if (path.startsWith('/feedback')) return 'memory';
  const isDiscovery =
    ['/health', '/info'].includes(path) || path.includes('models') || path.includes('cluster');
  if (method === 'GET' && isDiscovery) return 'discovery';
  return 'operations';
}
