import { type Agent, default as supertest } from 'supertest';
import { createApp } from '../../src/http/app.js';
import { Draining } from '../../src/http/draining.js';
import type { AppOptions } from '../../src/http/options.js';
import { FakeServices, OPTIONS } from './fake-services.js';

/** The real app over fake services, with a client that talks to it. */
export function harness(options: Partial<AppOptions> = {}): {
  services: FakeServices;
  draining: Draining;
  client: Agent;
} {
  const services = new FakeServices();
  const draining = new Draining();
  return {
    services,
    draining,
    client: supertest(createApp(services, { ...OPTIONS, ...options }, draining)) as Agent,
  };
}

/** A small valid request: by words of the query, c and a match, b does not. */
export const BODY = Object.freeze({
  query: 'red apple',
  documents: Object.freeze([
    { id: 'a', text: 'green apple' },
    { id: 'b', text: 'blue sky' },
    { id: 'c', text: 'red apple pie' },
  ]),
});

/** `count` documents with ids d0, d1, … */
export function documents(count: number): { id: string; text: string }[] {
  return Array.from({ length: count }, (_, index) => ({ id: `d${index}`, text: `text ${index}` }));
}
