/** What an API of this shape always ends with, and the version before it. */
const PATH = '/embeddings';
const DEFAULT_VERSION = '/v1';
/** A path with a version, or an Azure deployment, in it says which one it wants. */
const IS_VERSIONED = /\/(v\d+[a-z]*\d*|deployments)(\/|$)/;

/**
 * The endpoint for what a user gives: the endpoint itself, or a base as clients take it (`http://host:port`, `…/v1`, an
 * Azure deployment with `?api-version=`). The query stays. Throws an
 * Error, without what was given, for what is no URL.
 */
export function embeddingsUrl(given: string): string {
  if (!URL.canParse(given)) throw new Error('the URL of the embedding server is not a URL');
  const url = new URL(given);
  const base = url.pathname.replace(/\/+$/, '');
  if (base.endsWith(PATH)) url.pathname = base;
  else url.pathname = base + (IS_VERSIONED.test(base) ? '' : DEFAULT_VERSION) + PATH;
  return url.href;
}

/** The header a key goes in: Azure's, which its versions in the query show, has one of its own. */
export function keyHeader(url: string, apiKey: string | undefined): Record<string, string> {
  if (apiKey === undefined) return {};
  const isAzure = new URL(url).searchParams.has('api-version');
  return isAzure ? { 'api-key': apiKey } : { authorization: `Bearer ${apiKey}` };
}
