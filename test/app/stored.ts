import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings } from '../../src/base/settings/load-settings.js';
import { stateForCommands } from '../../src/compose-state.js';
import type { Row } from '../../src/stores/store.js';

/** Settings of each way in which state outlives the process. */
export const DURABLE_MODES: readonly {
  readonly mode: string;
  readonly settings: Readonly<Record<string, string>>;
}[] = [
  { mode: 'sqlite', settings: {} },
  { mode: 'sqlite-files', settings: { STORAGE_DB_TEMPLATE: 'state.{namespace}.db' } },
  { mode: 'json', settings: { STORAGE_BACKEND: 'json' } },
];

/** All rows of all namespaces as a command reads them, by kind and key; settings are named without prefix. */
export async function storedRows(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Map<string, Row[]>> {
  const env = Object.fromEntries(
    Object.entries({ STORAGE_DIR: folder, ...settings }).map(([name, value]) => [
      `NEURALCACHE_${name}`,
      value,
    ]),
  );
  const reader = await stateForCommands.openReader(loadSettings({ env, cwd: folder }).settings);
  try {
    const found = new Map<string, Row[]>();
    for (const name of await reader.namespaces()) {
      const rows: Row[] = [];
      for (let cursor: number | null = 0; cursor !== null; ) {
        const page = await reader.scan(name, cursor, 1000);
        rows.push(...page.rows);
        cursor = page.next;
      }
      const place = ({ kind, key }: Row) => `${kind} ${key}`;
      found.set(
        name,
        rows.sort((left, right) => (place(left) < place(right) ? -1 : 1)),
      );
    }
    return found;
  } finally {
    await reader.close();
  }
}

/** Names of the files below a folder in whose bytes a text occurs, in one or two bytes a character, in any case. */
export function filesWith(folder: string, text: string): string[] {
  const sought = text.toLowerCase();
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    if (!statSync(path).isFile()) return false;
    const bytes = readFileSync(path);
    return (['latin1', 'utf16le'] as const).some((encoding) =>
      bytes.toString(encoding).toLowerCase().includes(sought),
    );
  });
}
