import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../../src/base/log.js';
import { startServices } from '../../src/compose.js';
import { STORED_MODE_NAMES, STORED_MODES, type StoredMode } from '../fixtures/stored-modes.js';
import { AppHome } from './app-home.js';

let home: AppHome;
let folder: string;
let path: string;
let logged: string;
beforeEach(() => {
  home = new AppHome();
  folder = mkdtempSync(join(tmpdir(), 'declared-'));
  path = join(folder, 'namespaces.yaml');
  logged = '';
});
afterEach(async () => {
  await home.remove();
  rmSync(folder, { recursive: true, force: true });
});

function start(mode: StoredMode) {
  const settings = home.settings({ ...STORED_MODES[mode], NAMESPACES_FILE: path });
  const write = (line: string) => {
    logged += line;
  };
  return startServices(settings, createLogger({ level: 'info', destination: { write } }));
}

describe.each(STORED_MODE_NAMES)('NAMESPACES_FILE (%s)', (mode) => {
  it('is applied at start, and again without effect', async () => {
    writeFileSync(path, 'namespaces:\n  - namespace: acme\n    quotas: {max_vectors: 5}\n');
    for (const changed of [1, 0]) {
      const services = await start(mode);
      expect((await services.admin.get('acme')).quotas.max_vectors!.limit).toBe(5);
      await services.close();
      expect(logged).toContain(`"changed":${changed},"unchanged":${1 - changed}`);
    }
  });

  it('that is broken stops the start, which names file, line and key, and lets the folder go', async () => {
    writeFileSync(path, 'namespaces:\n  - namespace: acme\n    quotas: {max_vectors: many}\n');
    const message = `${path}:3: namespaces[0].quotas.max_vectors: must be a whole number from 0 to 2^53 - 1`;
    await expect(start(mode)).rejects.toThrow(message);
    writeFileSync(path, 'namespaces: []\n');
    const services = await start(mode);
    expect((await services.admin.list({})).namespaces.map(({ id }) => id)).toEqual(['default']);
    await services.close();
  });
});
