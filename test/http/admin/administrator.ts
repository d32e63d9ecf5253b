import { expect } from 'vitest';
import { undescribed } from '../description/described-answer.js';
import { harness } from '../harness.js';

export type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'delete';

export interface Asking {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | null;
}

/** The app with administrators, and a caller who is one; every answer is held to the description. */
export function administrator(options: Parameters<typeof harness>[0] = {}) {
  const { client, services } = harness({ adminTokens: ['root'], apiTokens: ['plain'], ...options });
  const ask = async (method: Method, url: string, { body, headers = {}, token = 'root' }: Asking = {}) => {
    const request = client[method](url).set({
      ...(token !== null && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    });
    const sent = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const answer = await (sent === undefined ? request : request.send(sent));
    if (method !== 'head')
      expect([method, url, answer.status, undescribed(method.toUpperCase(), url, answer)]).toEqual([
        method,
        url,
        answer.status,
        [],
      ]);
    return answer;
  };
  return { ask, client, services, admin: services.admin };
}
