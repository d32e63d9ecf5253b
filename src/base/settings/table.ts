import { CACHING_SETTINGS } from './caching.js';
import { MEMORY_SETTINGS } from './memory.js';
import { MODEL_SETTINGS } from './models.js';
import { NAMESPACE_SETTINGS } from './namespaces.js';
import { SCORING_SETTINGS } from './scoring.js';
import { SERVER_SETTINGS } from './server.js';
import type { CamelCase, Setting } from './setting.js';
import { STORAGE_SETTINGS } from './storage.js';
import { UPSTREAM_SETTINGS } from './upstream.js';

/** What every name starts with in the environment and in `.env`. */
export const PREFIX = 'NEURALCACHE_';

/** The settings by group, in the order people read them. */
export const SETTING_GROUPS: readonly {
  title: string;
  settings: Readonly<Record<string, Setting<unknown>>>;
}[] = [
  { title: 'Server', settings: SERVER_SETTINGS },
  { title: 'Namespaces', settings: NAMESPACE_SETTINGS },
  { title: 'Storage', settings: STORAGE_SETTINGS },
  { title: 'Scoring', settings: SCORING_SETTINGS },
  { title: 'Upstream', settings: UPSTREAM_SETTINGS },
  { title: 'Caching', settings: CACHING_SETTINGS },
  { title: 'Models', settings: MODEL_SETTINGS },
  { title: 'Memory', settings: MEMORY_SETTINGS },
];

/** The one table: parsing, the `config` command, the example files and the README are made from it. */
export const SETTINGS = {
  ...SERVER_SETTINGS,
  ...NAMESPACE_SETTINGS,
  ...STORAGE_SETTINGS,
  ...SCORING_SETTINGS,
  ...UPSTREAM_SETTINGS,
  ...CACHING_SETTINGS,
  ...MODEL_SETTINGS,
  ...MEMORY_SETTINGS,
};

/** A setting's name without the prefix. */
export type SettingName = keyof typeof SETTINGS;

/** All settings, parsed and frozen: `HTTP_PORT` is `httpPort`. Paths are absolute. */
export type Settings = {
  readonly [Name in SettingName as CamelCase<Name>]: (typeof SETTINGS)[Name] extends Setting<infer T>
    ? T
    : never;
};
