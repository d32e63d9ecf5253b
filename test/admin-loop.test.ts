import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../src/base/random.js';
import { runAdminLoop } from './kill/admin-loop.js';
import { MODES } from './kill/stored-state.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'neuralcache-kill-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

// The long version is `npm run kill-loop -- --admin`.
test.each(MODES)(
  'a SIGKILL leaves every change of a namespace finished or undone, and no trace of a purged one: %s',
  async (mode) => {
    const result = await runAdminLoop({ rounds: 4, mode, random: seededRandom(7), workers: 4, folder });

    expect(result.problems).toEqual([]);
    expect(result.rounds).toBe(4);
    // A loop that changes or purges nothing would have nothing to lose.
    expect(result.acknowledged).toBeGreaterThan(20);
    expect(result.taught).toBeGreaterThan(0);
    expect(result.labelsGone).toBeGreaterThan(0);
    expect(result.commands).toBeGreaterThan(0);
    expect(result.entries).toBeGreaterThanOrEqual(result.acknowledged);
  },
  120_000,
);
