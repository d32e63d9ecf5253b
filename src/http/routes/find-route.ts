import type { Route } from './table.js';

/** `.` or `..` as a segment, encoded or not: whoever resolves them sees another path than we do. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** What a path must not begin with to be known by what it ends in: nothing of administrators is anybody else's. */
const NOT_OF_ADMINISTRATORS = '^(?!/admin/)';

/** Finds routes by method and path. A path that exists for other methods alone gives one of those (405). */
export class RouteFinder<Known extends Route> {
  /** By path, and by what a path ends in: each list in the order of the table. */
  private readonly exact = new Map<string, Known[]>();
  private readonly patterns: { readonly route: Known; readonly pattern: RegExp }[] = [];

  constructor(routes: readonly Known[]) {
    for (const route of routes) {
      const paths = route.versioned ? [route.path, `/v1${route.path}`] : [route.path];
      for (const path of paths) {
        if (path.includes('{')) this.patterns.push({ route, pattern: new RegExp(`^${sourceOf(path)}$`) });
        else this.exact.set(path, [...(this.exact.get(path) ?? []), route]);
      }
      if (route.ending !== undefined) {
        const pattern = new RegExp(`${NOT_OF_ADMINISTRATORS}.*${sourceOf(route.ending)}$`);
        this.patterns.push({ route, pattern });
      }
    }
  }

  /** @param path without query string and trailing slash, compared as it was sent */
  find(method: string, path: string): Known | undefined {
    const exact = this.exact.get(path)?.find((route) => answers(route, method));
    if (exact !== undefined) return exact;
    const matching = this.matching(path);
    return matching.find((route) => answers(route, method)) ?? matching[0];
  }

  /** The methods that a path answers, for `Allow`, without OPTIONS, which all do. */
  methodsOf(path: string): readonly string[] {
    const matching = this.matching(path);
    return METHODS.filter((method) => matching.some((route) => answers(route, method)));
  }

  private matching(path: string): Known[] {
    const exact = this.exact.get(path) ?? [];
    if (DOT_SEGMENT.test(path)) return exact;
    return [...exact, ...this.patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route)];
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Whether a route is there for a method: HEAD is answered as GET, and all know OPTIONS. */
export function answers({ method: own }: Pick<Route, 'method'>, method: string): boolean {
  return method === own || method === 'OPTIONS' || (method === 'HEAD' && own === 'GET');
}

/** `{name}` is a segment, `{name…}` one or more; all else stands for itself. */
function sourceOf(path: string): string {
  return path
    .split(/(\{[^}]*\})/)
    .map((part) => {
      if (!part.startsWith('{')) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
      return part.endsWith('…}') ? '.+' : '[^/]+';
    })
    .join('');
}
