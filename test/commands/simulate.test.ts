import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerSimulate } from '../../src/commands/simulate.js';
import { IN_MEMORY } from '../../src/commands/storage-mode.js';
import { syntheticCollection, writeCollection } from '../fixtures/collection.js';
import { type CommandRun, runCommand } from '../fixtures/run-measurement.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulate-'));
  await writeCollection(join(folder, 'needs'), syntheticCollection({ needs: 4, wordings: 2 }));
});
afterEach(() => rm(folder, { recursive: true }));

function simulate(args: readonly string[], terminal = false): Promise<CommandRun> {
  return runCommand(registerSimulate, ['simulate', ...args], { cwd: folder, terminal });
}

describe('simulate', () => {
  it('prints before, after and change of repeated, reworded and unseen queries, and how feedback ended', async () => {
    const { stdout, stderr } = await simulate(['needs']);
    expect(stdout).toContain('needs: informative users, 10 rounds, mean of 3 seeds, nDCG@10');
    // 4 needs of 2 wordings: 2 visited needs with a visited and a reworded wording each, 2 unseen with both
    expect(stdout).toMatch(/│ repeated │ 2 +│ 0\.\d{4} │ [01]\.\d{4} │ \+0\.\d{4} │/);
    expect(stdout).toMatch(/│ reworded │ 2 +│ (0\.\d{4}) │ \1 │ 0\.0000 +│/);
    expect(stdout).toMatch(/│ unseen +│ 4 +│ (0\.\d{4}) │ \1 │ 0\.0000 +│/);
    expect(stdout).toMatch(/feedback: applied \d+\n$/);
    expect(stderr).toBe('');
  });

  it('prints JSON with its settings, the means and each run', async () => {
    const { stdout } = await simulate(
      ['needs', '--json', '--seeds', '2', '--seed', '7', '--users', 'poisoned'],
      true,
    );
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      settings: { users: 'poisoned', rounds: 10, eta: 1, noise: 0.1, seeds: 2, seed: 7, reportEmpty: true },
      collection: 'needs',
      unjudged: 0,
    });
    expect(report.runs.map(({ seed }: { seed: number }) => seed)).toEqual([7, 8]);
    const gains = report.runs.map((run: typeof report) => run.sets.repeated.after - run.sets.repeated.before);
    expect(report.sets.repeated.gain).toBeCloseTo((gains[0] + gains[1]) / 2, 12);
  });

  it('shows progress on a terminal alone', async () => {
    expect((await simulate(['needs'], true)).stderr).toContain('needs [');
    expect((await simulate(['needs', '--json'], true)).stderr).toBe('');
  });

  it('hands its numbers to the users', async () => {
    const gain = async (...args: string[]) =>
      JSON.parse((await simulate(['needs', '--json', ...args])).stdout).sets.repeated.gain;
    const usual = await gain();
    expect(await gain('--rounds', '1')).not.toBe(usual);
    expect(await gain('--eta', '0', '--noise', '0')).toBeGreaterThan(usual); // all seen, no errors
    expect(await gain('--noise', '.5')).toBe(await gain('--users', 'near-random'));
  });

  it('reports empty visits unless told not to', async () => {
    const applied = async (...args: string[]) =>
      JSON.parse((await simulate(['needs', '--json', ...args])).stdout).feedback.applied;
    expect(await applied()).toBe(3 * 2 * 10);
    expect(await applied('--only-successes')).toBeLessThan(3 * 2 * 10);
  });

  it('keeps state in memory, hands settings on and closes the service', async () => {
    const { overrides, closed } = await simulate(['needs', '--set', 'EPSILON=0', '--set', 'ANCHOR=2']);
    expect(overrides).toEqual([{ ...IN_MEMORY, EPSILON: '0', ANCHOR: '2' }]);
    expect(closed).toEqual([true]);
  });

  it('has a dash, and null in JSON, where there was nothing to measure', async () => {
    await writeCollection(join(folder, 'single'), syntheticCollection({ needs: 1, wordings: 1 }));
    expect((await simulate(['single'])).stdout).toMatch(/│ unseen +│ 0 +│ - +│ - +│ - +│/);
    const report = JSON.parse((await simulate(['single', '--json'])).stdout);
    expect(report.sets.unseen).toEqual({ queries: 0, before: null, after: null, gain: null });
  });

  it.each([
    ['unknown users', ['needs', '--users', 'kind'], /Allowed choices are informative, near-random, poisoned/],
    ['no rounds', ['needs', '--rounds', '0'], /Expected a whole number from 1 to 1000/],
    ['noise above 1', ['needs', '--noise', '1.1'], /Expected a number from 0 to 1/],
    ['eta that is no number', ['needs', '--eta', 'Infinity'], /Expected a number from 0 to 10/],
    ['a folder that is not there', ['nowhere'], /nowhere.queries\.jsonl: not found/],
  ])('refuses %s', async (_, args, message) => {
    const { error, overrides } = await simulate(args);
    expect(error?.message).toMatch(message);
    expect(overrides).toEqual([]);
  });
});
