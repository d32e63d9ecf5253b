import type { Settings } from '../base/settings/table.js';
import { anchored } from '../namespaces/name.js';

/** What the try-it line says about a server. */
export type BannerSettings = Pick<
  Settings,
  'apiTokens' | 'namespaceHeader' | 'namespacePattern' | 'defaultNamespace'
>;

/** Two documents in the wrong order, so that ranking shows. */
const EXAMPLE = {
  query: 'how do I reset my password',
  documents: [
    { id: 'billing', text: 'Invoices are sent by email on the first day of each month.' },
    { id: 'password', text: 'To reset a forgotten password, open Settings and choose Reset password.' },
  ],
};

/**
 * What a person sees when the server is up: where it listens and one line that works when pasted into a shell.
 * Tokens are not printed; the line then reads one from the shell variable TOKEN.
 */
export function banner(url: string, settings: BannerSettings): string {
  const needsToken = settings.apiTokens.length > 0;
  const namespace = anchored(settings.namespacePattern).test('demo') ? 'demo' : settings.defaultNamespace;
  const line = [
    `curl -s ${url}/rerank`,
    `-H 'Content-Type: application/json'`,
    `-H '${settings.namespaceHeader}: ${namespace}'`,
    ...(needsToken ? [`-H "Authorization: Bearer $TOKEN"`] : []),
    `-d '${JSON.stringify(EXAMPLE)}'`,
  ].join(' ');
  const hint = needsToken ? ' (TOKEN = one of NEURALCACHE_API_TOKENS)' : '';
  return `NeuralCache listens on ${url}\n\nTry it${hint}:\n\n${line}\n\n`;
}

/** An address of this machine that reaches a server listening on `host`: for "all addresses" loopback. */
export function reachableUrl(host: string, port: number): string {
  const bare = host.replace(/^\[|\]$/g, '');
  const reachable = bare === '0.0.0.0' || bare === '::' ? '127.0.0.1' : bare;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
