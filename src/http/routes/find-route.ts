import type { Route } from './table.js';

/** `.` or `..` as a segment, encoded or not: whoever resolves them sees another path than we do. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

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
        this.patterns.push({ route, pattern: new RegExp(`${sourceOf(route.ending)}$`) });
      }
    }
  }

  /** @param path without query string and trailing slash, compared as it was sent */
  find(method: string, path: string): Known | undefined {
    const exact = this.exact.get(path);
    const [only] = exact ?? [];
    if (only !== undefined && answers(only, method)) return only;
    if (DOT_SEGMENT.test(path)) return undefined;
    const matching = [
      ...(exact ?? []),
      ...this.patterns.filter(({ pattern }) => pattern.test(path)).map(({ route }) => route),
    ];
    return matching.find((route) => answers(route, method)) ?? matching[0];
  }
}

/** The methods of a route, as in `Allow`. */
export function methodsOf({ method }: Pick<Route, 'method'>): readonly string[] {
  return method === 'GET' ? ['GET', 'HEAD', 'OPTIONS'] : [method, 'OPTIONS'];
}

function answers(route: Route, method: string): boolean {
  return methodsOf(route).includes(method);
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
