import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from '../fixtures/command-line.js';
import { EXPORT_FILES, writeExport } from '../fixtures/export-folder.js';
import { COMMIT, FakeHub } from '../fixtures/fake-hub.js';
import { MODELS_FOLDER, STATIC_MODEL } from '../fixtures/models.js';

let line: CommandLine;
let hub: FakeHub;

beforeEach(async () => {
  hub = await FakeHub.start();
  line = new CommandLine();
  line.env = { HF_ENDPOINT: hub.endpoint, NEURALCACHE_MODELS_DIR: MODELS_FOLDER };
});

afterEach(async () => {
  line.remove();
  await hub.close();
});

const stored = (...path: string[]) => join(line.folder, 'model-store', 'acme', 'tiny', ...path);
const lines = (text: string) => text.trimEnd().split('\n');

describe('models pull', () => {
  it('says what it brings and under which licence, a line for each file, and how to use it', async () => {
    const { exitCode, stdout, stderr } = await line.run(['models', 'pull', 'acme/tiny']);
    expect(exitCode).toBe(0);
    expect(lines(stderr)).toEqual([
      `acme/tiny at ${COMMIT}: 778 B, licence mit`,
      expect.stringMatching(/^LICENSE, 19 B$/),
      ...Array(7).fill(expect.stringMatching(/^\S+, \d+ B$/)),
    ]);
    expect(lines(stdout)).toEqual([
      `Pulled acme/tiny at ${COMMIT.slice(0, 12)}, 778 B, in ${stored()}`,
      'Its licence: mit',
      'To use it: NEURALCACHE_EMBEDDING_BACKEND=onnx NEURALCACHE_EMBEDDING_MODEL=acme/tiny',
    ]);
  });

  it('draws a bar with bytes on a terminal', async () => {
    const { stderr } = await line.run(['models', 'pull', 'acme/tiny'], { terminal: true });
    expect(stderr).toContain('acme/tiny [');
    expect(stderr).not.toContain('LICENSE');
  });

  it('--json prints the result alone', async () => {
    const { stdout, stderr } = await line.run([
      'models',
      'pull',
      'acme/tiny',
      '--json',
      '--precision',
      'fp32',
    ]);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'acme/tiny',
      outcome: 'pulled',
      kind: 'encoder',
      commit: COMMIT,
      licence: 'mit',
      folder: stored(),
      files: { 'onnx/model.onnx': { bytes: EXPORT_FILES['onnx/model.onnx']!.length } },
    });
  });

  it('of a model that is there already says so and ends well', async () => {
    await line.run(['models', 'pull', 'acme/tiny']);
    const { exitCode, stdout } = await line.run(['models', 'pull', 'acme/tiny']);
    expect([exitCode, lines(stdout)[0]]).toEqual([
      0,
      `There already: acme/tiny at ${COMMIT.slice(0, 12)}, 778 B, in ${stored()}`,
    ]);
  });

  it('tells of each further try', async () => {
    hub.fail(/revision/, { status: 503, headers: { 'retry-after': '0' } });
    const { exitCode, stderr } = await line.run(['models', 'pull', 'acme/tiny']);
    expect(exitCode).toBe(0);
    expect(lines(stderr)[0]).toMatch(/answered 503 for acme\/tiny@main; again in 0\.\d s$/);
  });

  it('keeps the licence that a hub tells on one line', async () => {
    hub.models['acme/tiny']!.cardData = { license: 'mit\n\u001b[2Jyours' };
    const { stdout, stderr } = await line.run(['models', 'pull', 'acme/tiny']);
    expect(stdout).toContain('Its licence: mit [2Jyours\n');
    expect(stderr).not.toContain('\u001b');
  });

  it.each([
    [['acme/gone'], 1, /has no such model or revision: acme\/gone@main/],
    [['tiny'], 2, /"tiny" is no name of a model: ORG\/NAME/],
    [['../../etc'], 2, /is no name of a model/],
    [['acme/tiny', '--precision', 'int4'], 2, /Allowed choices are int8, fp32, fp16, q4/],
    [['acme/tiny', '--max-bytes', 'many'], 2, /Expected bytes from 1/],
    [['acme/tiny', '--max-bytes', '100'], 1, /more than 100 \(--max-bytes\)/],
  ])('%j ends with one plain line', async (args, exitCode, message) => {
    const run = await line.run(['models', 'pull', ...args]);
    expect(run.exitCode).toBe(exitCode);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).not.toMatch(/Unexpected failure|\n {4}at /);
    expect(existsSync(stored())).toBe(false);
  });

  it.each([
    [{ HF_HUB_OFFLINE: '1' }, 'HF_HUB_OFFLINE is set, so nothing is pulled\n'],
    [{ HF_TOKEN: 'hf_with blank' }, 'HF_TOKEN holds characters that no token has\n'],
    [{ HF_ENDPOINT: 'ftp://hub' }, /^HF_ENDPOINT must be an http or https URL/],
    [{ HF_ENDPOINT: 'https://user:secret@hub' }, /^HF_ENDPOINT must be .* without credentials/],
  ])('with %j asks no hub', async (env, message) => {
    line.env = { ...line.env, ...env } as Record<string, string>;
    const { exitCode, stderr } = await line.run(['models', 'pull', 'acme/tiny']);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/blank|secret/);
    expect(hub.seen).toEqual([]);
  });
});

describe('models list', () => {
  it('shows bundled and pulled models', async () => {
    await line.run(['models', 'pull', 'acme/tiny']);
    const { stdout } = await line.run(['models', 'list']);
    const cells = lines(stdout)
      .filter((row) => row.includes('│'))
      .map((row) =>
        row
          .split('│')
          .map((cell) => cell.trim())
          .slice(1, -1),
      );
    expect(cells).toEqual([
      ['name', 'kind', 'revision', 'licence', 'size', 'dimension', 'τ', 'where'],
      ['df-prior', 'data', expect.any(String), 'Apache-2.0', '274.9 kB', '-', '-', 'bundled'],
      [STATIC_MODEL, 'static-encoder', '8515af96a6d4', 'Apache-2.0', '6.5 MB', '192', '0.86', 'bundled'],
      ['acme/tiny', 'encoder', COMMIT.slice(0, 12), 'mit', '778 B', '8', '-', 'store'],
    ]);
  });

  it('--json prints the same for programs', async () => {
    const listed = JSON.parse((await line.run(['models', 'list', '--json'])).stdout);
    expect(listed[1]).toMatchObject({ name: STATIC_MODEL, dimension: 192, place: 'bundled' });
    expect(listed[1]).toMatchObject({ tau: 0.86, tau_version: '1-8515af96a6d4' });
    expect(listed[1].folder).toBe(join(MODELS_FOLDER, STATIC_MODEL));
  });

  it('shows the others beside one whose manifest is damaged, and ends with 1', async () => {
    await line.run(['models', 'pull', 'acme/tiny']);
    writeFileSync(stored('manifest.json'), '{');
    const { exitCode, stdout, stderr } = await line.run(['models', 'list']);
    expect(exitCode).toBe(1);
    expect(stdout).toContain(STATIC_MODEL);
    expect(stderr).toMatch(/^cannot read the model manifest .*manifest\.json/);
  });
});

describe('models verify', () => {
  it('finds all whole', async () => {
    await line.run(['models', 'pull', 'acme/tiny']);
    const { exitCode, stdout } = await line.run(['models', 'verify']);
    expect([exitCode, stdout]).toEqual([0, `df-prior: whole\n${STATIC_MODEL}: whole\nacme/tiny: whole\n`]);
  });

  it('names the file that is not as it should be, and ends with 1', async () => {
    await line.run(['models', 'pull', 'acme/tiny']);
    writeFileSync(stored('onnx', 'model_quantized.onnx'), 'x'.repeat(500));
    const { exitCode, stdout, stderr } = await line.run(['models', 'verify', 'acme/tiny']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^acme\/tiny: model file .*model_quantized\.onnx is damaged/);
    expect(stderr).toBe('Not as their manifests say: acme/tiny\n');
    const { stdout: json } = await line.run(['models', 'verify', '--json']);
    expect(JSON.parse(json).map(({ problems }: { problems: string[] }) => problems.length)).toEqual([
      0, 0, 1,
    ]);
  });

  it('tells folders apart whose manifests have one name', async () => {
    await line.run(['models', 'pull', 'acme/tiny']);
    const [a, b] = ['a', 'b'].map((name) => join(line.folder, name)) as [string, string];
    for (const copy of [a, b]) cpSync(stored(), copy, { recursive: true });
    writeFileSync(join(b, 'tokenizer.json'), '{}');
    const { stdout, stderr } = await line.run(['models', 'verify', './a', b]);
    expect(lines(stdout)).toEqual([
      `${a}: whole`,
      expect.stringMatching(`^${b}: .*tokenizer\\.json has 2 bytes`),
    ]);
    expect(stderr).toBe(`Not as their manifests say: ${b}\n`);
  });

  it('tells of a folder with nothing to check against, of a damaged manifest, of a name nothing has', async () => {
    writeExport(join(line.folder, 'mine'));
    expect((await line.run(['models', 'verify', './mine'])).stdout).toBe(
      `${join(line.folder, 'mine')}: has no manifest to be checked against\n`,
    );
    writeExport(stored());
    writeFileSync(stored('manifest.json'), '{}');
    expect((await line.run(['models', 'verify'])).stdout).toMatch(
      /acme\/tiny: the model manifest .* is wrong/,
    );
    const { exitCode, stderr } = await line.run(['models', 'verify', 'gone']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`no model "gone": no folder of that name, and the models there are: df-prior`);
  });
});

describe('models info', () => {
  it('prints what an export says, its source and which settings use it', async () => {
    hub.models['acme/tiny']!.files['config_sentence_transformers.json'] = '{"prompts":{"query":"query: "}}';
    hub.models['acme/tiny']!.files['modules.json'] = JSON.stringify([
      { path: '', type: 'sentence_transformers.models.Transformer' },
      { path: '1_Pooling', type: 'sentence_transformers.models.Pooling' },
    ]);
    await line.run(['models', 'pull', 'acme/tiny']);
    line.env = {
      ...line.env,
      NEURALCACHE_EMBEDDING_BACKEND: 'onnx',
      NEURALCACHE_EMBEDDING_MODEL: 'acme/tiny',
    };
    const { stdout } = await line.run(['models', 'info', 'acme/tiny', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'encoder',
      dimension: 8,
      pooling: 'cls',
      max_length: 64,
      prompts: { query: 'query: ', document: '' },
      precisions: ['int8 (onnx/model_quantized.onnx)'],
      configured: ['EMBEDDING_MODEL'],
      source: { endpoint: hub.endpoint, repository: 'acme/tiny', commit: COMMIT },
      problem: null,
    });
    const text = (await line.run(['models', 'info', 'acme/tiny'])).stdout;
    expect(text).toMatch(/query_prompt +│ "query: "/);
    expect(text).toMatch(/configured +│ EMBEDDING_MODEL/);
    expect(text).toMatch(/tokenizer\.json +│ 51 B +│ [0-9a-f]{64}/);
  });

  it('warns of a file that is not in the manifest', async () => {
    await line.run(['models', 'pull', 'acme/tiny']);
    expect((await line.run(['models', 'info', 'acme/tiny'])).stderr).toBe('');
    writeFileSync(stored('config_sentence_transformers.json'), '{"prompts":{"query":"mine: "}}');
    const { exitCode, stdout, stderr } = await line.run(['models', 'info', 'acme/tiny', '--json']);
    expect([exitCode, JSON.parse(stdout).name]).toEqual([0, 'acme/tiny']);
    expect(stderr).toBe(
      `Warning: model file ${stored('config_sentence_transformers.json')} is not in the manifest\n`,
    );
  });

  it('prints a bundled model, and a folder that has no manifest', async () => {
    const { stdout } = await line.run(['models', 'info', STATIC_MODEL]);
    expect(stdout).toMatch(/tau +│ 0\.86/);
    expect(stdout).toMatch(/tau_version +│ 1-8515af96a6d4/);
    expect(stdout).not.toContain('pooling');
    writeExport(join(line.folder, 'mine'), {
      ...EXPORT_FILES,
      'modules.json': '[{"path":"","type":"x.Dense"}]',
    });
    const bare = JSON.parse((await line.run(['models', 'info', './mine', '--json'])).stdout);
    expect(bare).toMatchObject({ name: 'mine', place: 'folder', licence: 'unknown', source: null });
    expect(bare.problem).toContain('modules.json: its steps are Dense');
  });
});

describe('models remove', () => {
  beforeEach(() => line.run(['models', 'pull', 'acme/tiny']));

  it('asks, and removes the model and its empty folder', async () => {
    const refused = await line.run(['models', 'remove', 'acme/tiny'], { input: 'n\n' });
    expect([refused.exitCode, existsSync(stored())]).toEqual([1, true]);
    expect(refused.stderr).toContain(
      `Remove acme/tiny (778 B) from ${join(line.folder, 'model-store')}? [y/N]`,
    );
    const { exitCode, stdout } = await line.run(['models', 'remove', 'acme/tiny'], { input: 'y\n' });
    expect([exitCode, stdout]).toEqual([0, 'Removed acme/tiny\n']);
    expect(existsSync(join(line.folder, 'model-store', 'acme'))).toBe(false);
  });

  it('--force does not ask', async () => {
    const { stdout } = await line.run(['models', 'remove', 'acme/tiny', '--force', '--json']);
    expect(JSON.parse(stdout)).toEqual({ removed: 'acme/tiny' });
  });

  it('removes what an unfinished pull left', async () => {
    rmSync(stored(), { recursive: true });
    const partial = join(line.folder, 'model-store', 'acme', `.tiny.${COMMIT}.partial`);
    mkdirSync(partial);
    const { exitCode, stderr } = await line.run(['models', 'remove', 'acme/tiny'], { input: 'y\n' });
    expect(exitCode).toBe(0);
    expect(stderr).toContain('what an unfinished pull left of it');
    expect(existsSync(partial)).toBe(false);
  });

  it.each([STATIC_MODEL, 'acme/gone', '../acme/tiny', 'acme/tiny@main', 'acme', '.'])(
    '%s is not in the store',
    async (name) => {
      const { exitCode, stderr } = await line.run(['models', 'remove', name, '--force']);
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`${name} is not in the model store`);
      expect(existsSync(stored('config.json'))).toBe(true);
    },
  );
});
