import type { UpstreamDialect } from './upstream-dialect.js';

/** The last part of a path, where it is a version as in `/v1` or `/v1beta2`. */
const VERSION = /\/v\d+[a-z]*\d*$/;

/**
 * The endpoint for what a user gives: the endpoint itself, or a base as clients take it (`https://host`, `…/v1`). The query
 * stays. Throws an Error, without what was given, where it is no URL, or the dialect's path needs more than there is.
 */
export function upstreamUrl(given: string, dialect: UpstreamDialect, model: string | undefined): string {
  if (!URL.canParse(given)) throw new Error('the URL of the upstream is not a URL');
  const url = new URL(given);
  const base = url.pathname.replace(/\/+$/, '');
  url.pathname = dialect.endpoint.test(base) ? base : join(base, pathOf(dialect, model));
  return url.href;
}

/** Whether the model is part of the dialect's path, and so none of the caller's business. */
function hasModelInPath({ path }: UpstreamDialect): boolean {
  return path.includes('{model}');
}

/** Whether a request says which model it wants. */
export function takesModel(dialect: UpstreamDialect): boolean {
  return !dialect.hasOneModel && !hasModelInPath(dialect);
}

function pathOf(dialect: UpstreamDialect, model: string | undefined): string {
  const { name, path } = dialect;
  if (path === '') throw new Error(`the dialect ${name} needs the upstream's whole endpoint`);
  if (!hasModelInPath(dialect)) return path;
  if (model === undefined)
    throw new Error(`the dialect ${name} needs a model, or the upstream's whole endpoint`);
  return path.replace('{model}', () => model.split('/').map(encodeURIComponent).join('/'));
}

/** Parts of the path that the base has already are not repeated; its version stands instead of the path's. */
function join(base: string, path: string): string {
  const parts = path.slice(1).split('/');
  for (let count = parts.length - 1; count > 0; count--) {
    const start = `/${parts.slice(0, count).join('/')}`;
    if (base.endsWith(start)) return base + path.slice(start.length);
  }
  return VERSION.test(base) && VERSION.test(`/${parts[0]}`)
    ? base + path.slice(parts[0]!.length + 1)
    : base + path;
}
