import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { NamespaceAdmissionOptions } from '../../src/admission/namespace-admission.js';
import type { KeptStatus } from '../../src/catalog/status.js';
import { createApp } from '../../src/http/app.js';
import { FakeCatalog, type GivenQuotas, level } from '../admission/fake-catalog.js';
import { undescribed } from './description/described-answer.js';
import { OPTIONS } from './fake-services.js';
import { BODY, harness } from './harness.js';
import { RawClient } from './raw-client.js';

/** The app behind real admission; every answer has to be described. */
export function setUpApp(options: Partial<NamespaceAdmissionOptions> = {}) {
  const catalog = new FakeCatalog();
  const { client, services } = harness();
  const admission = catalog.admission({ quotaWaitMs: 0, ...options });
  services.admission = admission;
  const post = async (path: string, body: unknown, namespace = 'acme', headers = {}) => {
    const response = await client
      .post(path)
      .set({ 'X-NeuralCache-Namespace': namespace, ...headers })
      .send(body as object);
    const { status, headers: answered, body: answer } = response;
    expect(undescribed('POST', path, { status, headers: answered, body: answer })).toEqual([]);
    return response;
  };
  const hold = (quotas: GivenQuotas, status: KeptStatus = 'active') =>
    catalog.hold('acme', { status, levels: [level('acme', quotas)] });
  return { catalog, client, services, admission, post, hold };
}

export const TEXTS = { query: 'red', documents: ['red apple', 'blue sky'] };
export const TEI = { query: 'red', texts: ['red apple', 'blue sky'] };
export const FEEDBACK = { request_id: 'req_1', selected_ids: ['a'] };

/** A valid call of each kind, and where its errors say what is wrong. */
export const RANKING: readonly [string, object, (body: never) => unknown][] = [
  ['/rerank', BODY, ({ error }: { error: { message: string } }) => error.message],
  ['/rerank/batch', [BODY], ({ error }: { error: { message: string } }) => error.message],
  [
    '/score',
    { text_1: 'red', text_2: ['red'] },
    ({ error }: { error: { message: string } }) => error.message,
  ],
  ['/v1/rerank', TEXTS, ({ message }: { message: string }) => message],
  ['/v2/rerank', TEXTS, ({ error }: { error: { message: string } }) => error.message],
  ['/cohere-v1/v1/rerank', TEXTS, ({ message }: { message: string }) => message],
  ['/jina/v1/rerank', TEXTS, ({ detail }: { detail: string }) => detail],
  ['/voyage/v1/rerank', TEXTS, ({ detail }: { detail: string }) => detail],
  ['/infinity/rerank', TEXTS, ({ error }: { error: { message: string } }) => error.message],
  ['/vllm/rerank', TEXTS, ({ error }: { error: { message: string } }) => error.message],
  ['/llama.cpp/v1/rerank', TEXTS, ({ error }: { error: { message: string } }) => error.message],
  ['/', TEI, ({ error }: { error: string }) => error],
  [
    '/v1/ranking',
    { query: { text: 'red' }, passages: [{ text: 'red' }] },
    ({ detail }: { detail: string }) => detail,
  ],
  [
    '/_inference/rerank/x',
    { query: 'red', input: ['red'] },
    ({ error }: { error: { reason: string } }) => error.reason,
  ],
  [
    '/model/m/invoke',
    { query: 'red', documents: ['red'], api_version: 2 },
    ({ message }: { message: string }) => message,
  ],
  [
    '/v1/inference/o/m',
    { queries: ['red'], documents: ['red'] },
    ({ detail }: { detail: { error: string } }) => detail.error,
  ],
];

export const LEARNING: readonly [string, object][] = [
  ['/feedback', FEEDBACK],
  ['/feedback/batch', [FEEDBACK]],
];

/** The app on a port of its own, for callers that are no tidy clients. */
export async function listening(services: ReturnType<typeof harness>['services']) {
  const server = createServer(createApp(services, OPTIONS));
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('close', () => {
      connections -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const head = (path: string, length: number, namespace = 'acme') =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-NeuralCache-Namespace: ${namespace}\r\nContent-Length: ${length}\r\n\r\n`;
  return {
    head,
    connections: () => connections,
    open: () => RawClient.connect(port),
    async send(path: string, body: object) {
      const client = await RawClient.connect(port);
      const text = JSON.stringify(body);
      client.send(head(path, text.length) + text);
      return { text: await client.all() };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Waits for what comes by itself. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
