import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readState, readWide } from '../../src/namespaces/records.js';
import { StorageError } from '../../src/stores/store.js';
import { CommandLine } from '../fixtures/command-line.js';
import { OriginalHome } from '../fixtures/original-home.js';
import { everything, fill, row, rowsOf } from '../transfer/store-rows.js';

let line: CommandLine;
let home: OriginalHome;
beforeEach(() => {
  line = new CommandLine();
  home = new OriginalHome();
});
afterEach(() => {
  line.remove();
  home.remove();
});

const importOriginal = (...more: string[]) =>
  line.run(['storage', 'import', '--original', home.folder, ...more]);

describe('storage import --original', () => {
  it('carries over what it can, names what it cannot, and leaves the original as it is', async () => {
    home.database('neuralcache.db', {
      vector: [1, 0, 0],
      entries: [
        ['plans', 2, 1_600_000_000, 12],
        ['gone', 1e-12, 1_600_000_000, 3],
      ],
    });
    home.pheromones('pheromones.shop.json', [['a', 1, 1_600_000_000, 0]]);
    home.write('narrative.shop.json', '{"v": [0.5');
    const before = home.snapshot();
    const run = await importOriginal();
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toBe(
      [
        'default from neuralcache.db',
        '  pheromones: 1 carried over, 1 faded',
        '  narrative (3 dimensions): left out, for it does not say which encoder made it (--encoder does)',
        '  counts of showings: left out, for there they never faded',
        '  the original kept all its namespaces in this file together',
        'shop from pheromones.shop.json',
        '  pheromones: 1 carried over',
        '  narrative: there was none',
        'narrative.shop.json is no JSON, or is cut off: left out',
        '',
      ].join('\n'),
    );
    const [plans] = await rowsOf(line.store, 'default');
    expect(plans).toMatchObject({ kind: 'document', key: 'i:plans' });
    expect(readWide(plans!)).toMatchObject({ S: 2, decayedAt: 1_600_000_000_000 });
    expect(await line.store.namespaces()).toEqual(['default', 'shop']);
    expect(home.snapshot()).toEqual(before);
  });

  it('takes the narrative where the encoder is named and is the one in use', async () => {
    home.narrative('narrative.json', [0.5, 0.5, 0.5, 0.5]);
    const run = await importOriginal('--encoder', 'words', '--json');
    const report = JSON.parse(run.stdout);
    expect(report).toMatchObject({
      path: home.folder,
      namespaces: [{ namespace: 'default', narrative: 'carried', narrative_dimension: 4 }],
      left_out: [],
    });
    const [state] = await rowsOf(line.store, 'default');
    expect(readState(state!, { encoder: 'words@1', dimension: 4 }).wide.vector).toEqual(
      Float32Array.of(0.5, 0.5, 0.5, 0.5),
    );
  });

  it('goes to another namespace with --as, if it is of one', async () => {
    home.pheromones('pheromones.json', [['a', 1, 5, 0]]);
    await importOriginal('--as', 'shop');
    expect(await line.store.namespaces()).toEqual(['shop']);
    home.pheromones('pheromones.other.json', [['a', 1, 5, 0]]);
    const run = await importOriginal('--as', 'more');
    expect([run.exitCode, run.stderr]).toEqual([2, '--as needs state of one namespace; there are 2\n']);
  });

  it('writes nothing at all where one of the namespaces has state, unless forced', async () => {
    home.pheromones('pheromones.a.json', [['a', 1, 5, 0]]);
    home.pheromones('pheromones.b.json', [['b', 1, 5, 0]]);
    await fill(line.store, 'b', [row('cell', 'learned here')]);
    const before = await everything(line.store);
    const run = await importOriginal();
    expect([run.exitCode, run.stderr]).toEqual([1, 'b has state already; --force replaces it\n']);
    expect(await everything(line.store)).toEqual(before);
    expect((await importOriginal('--force')).exitCode).toBe(0);
    expect((await rowsOf(line.store, 'b')).map(({ key }) => key)).toEqual(['i:b']);
  });

  it('leaves a namespace alone that nothing is carried into', async () => {
    home.narrative('narrative.json', [1]);
    await fill(line.store, 'default', [row('cell', 'learned here')]);
    expect((await importOriginal()).exitCode).toBe(0);
    expect(await rowsOf(line.store, 'default')).toHaveLength(1);
  });

  it.skipIf(process.platform === 'win32')('refuses what is no file, and what is too large', async () => {
    const device = await line.run(['storage', 'import', '--original', '/dev/zero']);
    expect([device.exitCode, device.stderr]).toEqual([1, '/dev/zero is no file and no folder\n']);
    home.database('neuralcache.db', { entries: [['a', 1, 5, 0]] });
    truncateSync(join(home.folder, 'neuralcache.db'), 2 ** 30 + 1);
    const large = await importOriginal();
    expect([large.exitCode, large.stderr]).toEqual([1, expect.stringContaining('is larger than 1 GiB')]);
  });

  it('refuses a name that the server would refuse', async () => {
    home.pheromones('pheromones.two words.json', [['a', 1, 5, 0]]);
    const run = await importOriginal();
    expect([run.exitCode, run.stderr]).toEqual([1, 'Invalid namespace: "two words"; --as gives another\n']);
  });

  it('refuses while a server runs, in our own folder, and where there is nothing', async () => {
    expect((await importOriginal()).stderr).toContain('holds no state of the Python original');
    home.pheromones('pheromones.json', [['a', 1, 5, 0]]);
    line.failure = new StorageError('locked', '/data is owned by process 42');
    expect((await importOriginal()).stderr).toBe(
      'Cannot import while a server runs: /data is owned by process 42; stop it first\n',
    );
    for (const path of [home.folder, join(home.folder, 'pheromones.json')]) {
      line.env = { NEURALCACHE_STORAGE_DIR: home.folder };
      const run = await line.run(['storage', 'import', '--original', path]);
      expect([run.exitCode, run.stderr]).toEqual([
        1,
        `${path} is in STORAGE_DIR: set that to a folder of its own\n`,
      ]);
    }
    expect((await line.run(['storage', 'import'])).exitCode).toBe(2);
  });
});
