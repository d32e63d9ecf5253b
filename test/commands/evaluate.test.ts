import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerEvaluate } from '../../src/commands/evaluate.js';
import { IN_MEMORY } from '../../src/commands/storage-mode.js';
import { syntheticCollection, writeCollection } from '../fixtures/collection.js';
import { type CommandRun, runCommand } from '../fixtures/run-measurement.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evaluate-'));
  await writeCollection(join(folder, 'one'), syntheticCollection({ needs: 3, wordings: 2 }), {
    packed: true,
  });
  await writeCollection(join(folder, 'two'), syntheticCollection({ needs: 2, wordings: 1 }));
});
afterEach(() => rm(folder, { recursive: true }));

function evaluate(args: readonly string[], terminal = false): Promise<CommandRun> {
  return runCommand(registerEvaluate, ['evaluate', ...args], { cwd: folder, terminal });
}

describe('evaluate', () => {
  it('prints a line for each folder, found from where the command runs', async () => {
    const { stdout, stderr } = await evaluate(['one', 'two']);
    expect(stdout).toContain('nDCG@10\n');
    // Number of queries, scorer, order, then three qualities; this service's base order is the input's.
    expect(stdout).toMatch(/│ one +│ 6 +│ tally +│ candidates │ (0\.\d{4}) │ \1 │ \1 +│/);
    expect(stdout).toMatch(/│ two +│ 2 +│/);
    expect(stderr).toBe('');
  });

  it('prints JSON and nothing else when asked to, also on a terminal', async () => {
    const { stdout, stderr } = await evaluate(['one', '--json', '--limit', '4'], true);
    expect(JSON.parse(stdout)).toMatchObject([{ collection: 'one', queries: 4, order: 'candidates' }]);
    expect(stderr).toBe('');
  });

  it('shows progress on a terminal, on stderr alone', async () => {
    const { stdout, stderr } = await evaluate(['one'], true);
    expect(stderr).toContain('one [');
    expect(stdout.startsWith('nDCG@10')).toBe(true);
  });

  it('keeps state in memory and hands settings on, --set above --scorer above its own', async () => {
    const plain = await evaluate(['one']);
    expect(plain.overrides).toEqual([IN_MEMORY]);
    const { overrides } = await evaluate([
      ...['one', '--scorer', 'lexical', '--set', 'NEURALCACHE_INPUT_PRIOR=0'],
      ...['--set', 'EMBEDDING_MODEL=a=b', '--set', 'SCORER=input'],
    ]);
    expect(overrides).toEqual([
      {
        ...IN_MEMORY,
        INPUT_PRIOR: '0',
        EMBEDDING_MODEL: 'a=b',
        SCORER: 'input',
      },
    ]);
    expect((await evaluate(['one', '--scorer', 'lexical'])).overrides[0]).toMatchObject({
      SCORER: 'lexical',
    });
  });

  it('shuffles by the seed', async () => {
    const cold = async (...args: string[]) =>
      JSON.parse((await evaluate(['one', '--json', ...args])).stdout)[0].cold;
    const shuffled = ['--order', 'shuffled', '--seed'];
    expect(await cold(...shuffled, '1')).toBe(await cold(...shuffled, '1'));
    expect(await cold(...shuffled, '1')).not.toBe(await cold(...shuffled, '2'));
    expect(await cold(...shuffled, '1')).not.toBe(await cold());
  });

  it('ends with file and line of a collection it cannot read, before a service is built', async () => {
    await writeFile(join(folder, 'two', 'queries.jsonl'), '{"_id":');
    const { error, overrides } = await evaluate(['two']);
    expect(error).toMatchObject({ name: 'CommandError', exitCode: 1 });
    expect(error?.message).toMatch(/two.queries\.jsonl, line 1: not a JSON object$/);
    expect(overrides).toEqual([]);
  });

  it('closes the service, also when it fails', async () => {
    expect((await evaluate(['one', 'two'])).closed).toEqual([true, true]);
    const failed = await runCommand(registerEvaluate, ['evaluate', 'one'], { cwd: folder, failing: true });
    expect(failed.error?.message).toBe('no model');
    expect(failed.closed).toEqual([true]);
  });

  it.each([
    ['no folder', [], /missing required argument 'dir'/],
    ['an unknown order', ['one', '--order', 'best'], /Allowed choices are candidates, shuffled/],
    ['a setting without value', ['one', '--set', 'SCORER'], /Expected NAME=VALUE/],
    ['a limit of nothing', ['one', '--limit', '0'], /Expected a whole number from 1 to 1000000/],
    ['a limit that is no number', ['one', '--limit', '1e3'], /Expected a whole number/],
    ['an unknown option', ['one', '--scorers', 'x'], /unknown option '--scorers'/],
  ])('refuses %s', async (_, args, message) => {
    const { error, overrides } = await evaluate(args);
    expect(error?.message).toMatch(message);
    expect(overrides).toEqual([]);
  });
});
