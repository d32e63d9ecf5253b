import { join } from 'node:path';
import { openFilesReader } from '../../../src/stores/open-reader.js';
import type { Row } from '../../../src/stores/store.js';
import { ServerProcess } from '../../fixtures/server-process.js';
import { STORAGE_MODES } from './modes.js';

/** Queries that the sample namespace has learned. */
const QUERIES = [
  'how to reset a forgotten password',
  'refund for a late delivery',
  'change the billing address',
  'cancel a subscription',
];
const DOCUMENTS = Array.from({ length: 20 }, (_, index) => ({
  id: `article-${index}`,
  text: `Article ${index}: ${QUERIES[index % QUERIES.length]}, step by step, with pictures and what to do when it fails.`,
}));

/** Sends one request of the sample; answers the request id. */
export async function ask(url: string, namespace: string, number: number): Promise<string> {
  const body = { query: QUERIES[number % QUERIES.length], documents: DOCUMENTS };
  const answer = (await post(url, '/rerank', namespace, body)) as { meta: { request_id: string } };
  return answer.meta.request_id;
}

/** Rows of a small namespace as a server leaves them: a few queries asked, each with one feedback. */
export async function sampleRows(folder: string): Promise<Row[]> {
  const mode = STORAGE_MODES[0]!;
  const data = join(folder, 'data');
  const server = new ServerProcess({ ...mode.settings, STORAGE_DIR: data }, folder);
  const url = await server.url;
  for (let number = 0; number < QUERIES.length; number += 1) {
    const request_id = await ask(url, 'sample', number);
    await post(url, '/feedback', 'sample', { request_id, selected_ids: [DOCUMENTS[number]!.id] });
  }
  await server.stop();
  const reader = openFilesReader(data, mode.files(data));
  const { rows } = await reader.scan('sample', 0, 1000);
  await reader.close();
  return [...rows];
}

async function post(url: string, path: string, namespace: string, body: object): Promise<unknown> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-neuralcache-namespace': namespace },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}
