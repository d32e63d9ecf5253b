import { ModelStoreError } from '../model-store-error.js';

/** How a hub is reached. */
export interface HubAccess {
  /** Base URL without a slash at its end, for example `https://huggingface.co`. */
  readonly endpoint: string;
  /** Presented to the endpoint's origin alone. */
  readonly token: string | undefined;
  /** No request is to be made. */
  readonly isOffline: boolean;
  /** Proxies as the environment names them; empty = none. */
  readonly proxies: { readonly http: string; readonly https: string; readonly none: string };
}

const DEFAULT_ENDPOINT = 'https://huggingface.co';
const TRUE = /^(1|true|yes|on)$/i;
const TOKEN = /^[\x21-\x7e]{1,1000}$/;

/**
 * Reads the variables that tools for such hubs share: `HF_ENDPOINT`, `HF_TOKEN` (or `HUGGING_FACE_HUB_TOKEN`),
 * `HF_HUB_OFFLINE`, and those of proxies. Throws `ModelStoreError` for what cannot be used; never shows the token.
 */
export function readHubAccess(env: Readonly<Record<string, string | undefined>>): HubAccess {
  const token = env.HF_TOKEN?.trim() || env.HUGGING_FACE_HUB_TOKEN?.trim() || undefined;
  if (token !== undefined && !TOKEN.test(token)) {
    throw new ModelStoreError('HF_TOKEN holds characters that no token has');
  }
  const proxy = (name: string) => env[name] || env[name.toUpperCase()] || '';
  return {
    endpoint: readEndpoint(env.HF_ENDPOINT?.trim() || DEFAULT_ENDPOINT),
    token,
    isOffline: TRUE.test(env.HF_HUB_OFFLINE?.trim() ?? ''),
    proxies: { http: proxy('http_proxy'), https: proxy('https_proxy'), none: proxy('no_proxy') },
  };
}

function readEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    [url.username, url.password, url.search, url.hash].every((part) => part === '');
  if (!isPlain) {
    throw new ModelStoreError(
      'HF_ENDPOINT must be an http or https URL without credentials, query or fragment, as https://huggingface.co',
    );
  }
  return url.href.replace(/\/+$/, '');
}
