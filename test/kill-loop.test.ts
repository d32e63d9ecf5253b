import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../src/base/random.js';
import { runKillLoop } from './kill/kill-loop.js';
import { MODES } from './kill/stored-state.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'neuralcache-kill-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

// The long version is `npm run kill-loop`.
test.each(MODES)(
  'every feedback acknowledged before a SIGKILL is stored exactly once: %s',
  async (mode) => {
    const result = await runKillLoop({ rounds: 5, mode, random: seededRandom(11), workers: 16, folder });

    expect(result.problems).toEqual([]);
    expect(result.rounds).toBe(5);
    // A loop whose feedbacks never arrive would have nothing to lose.
    expect(result.acknowledged).toBeGreaterThan(20);
  },
  60_000,
);
