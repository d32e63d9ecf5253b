import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readManifest, writeManifest } from '../../../src/models/manifest.js';
import { setTau } from '../../../src/models/set-tau.js';
import { withStoreLock } from '../../../src/models/store-lock.js';
import { verifyFolder } from '../../../src/models/verify-folder.js';
import { EXPORT_FILES, writeExport } from '../../fixtures/export-folder.js';
import { COMMIT } from '../../fixtures/fake-hub.js';
import { PullHome } from './pull-home.js';

const TAU = { value: 0.8, version: '1-r1' };

let home: PullHome;

beforeEach(async () => {
  home = await PullHome.open();
});

afterEach(() => home.close());

const OTHER_COMMIT = 'ab'.repeat(20);
const NEEDED = Object.keys(EXPORT_FILES)
  .filter((path) => path !== 'onnx/model.onnx')
  .sort();
/** Nothing but the model, with its manifest, and the empty lock file. */
const STORE = ['.lock', ...[...NEEDED, 'manifest.json'].map((path) => `acme/tiny/${path}`)].sort();

describe('a pull', () => {
  it('brings what the model needs and nothing else, each file as the hub has it', async () => {
    home.hub.models['acme/tiny']!.files['pytorch_model.bin'] = 'weights of another kind';
    const { outcome, folder } = await home.pull();
    expect(outcome).toBe('pulled');
    expect(folder).toBe(home.path());
    expect(home.files(home.storeDir)).toEqual(STORE);
    for (const path of NEEDED) expect(home.read(path)).toBe(EXPORT_FILES[path]);
    expect(home.hub.downloads.sort()).toEqual(NEEDED);
  });

  it('writes a manifest with commit, licence, kind and checksums', async () => {
    const { manifest } = await home.pull();
    expect(manifest).toEqual(readManifest(home.path()));
    expect(manifest).toMatchObject({
      name: 'acme/tiny',
      kind: 'encoder',
      dimension: 8,
      revision: COMMIT.slice(0, 12),
      licence: 'mit',
      source: { endpoint: home.hub.endpoint, repository: 'acme/tiny', commit: COMMIT },
    });
    const bytes = Buffer.from(EXPORT_FILES['tokenizer.json']!);
    expect(manifest.files['tokenizer.json']).toEqual({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(await verifyFolder(home.path(), manifest)).toEqual([]);
  });

  it('takes the precision that is asked for, with its external data, from a list of many pages', async () => {
    home.hub.pageSize = 2;
    const { files } = home.hub.models['acme/tiny']!;
    files['onnx/model.onnx_data'] = 'data of fp32';
    await home.pull('acme/tiny', { precision: 'fp32' });
    expect(home.files(home.path('onnx'))).toEqual(['model.onnx', 'model.onnx_data']);
  });

  it('of one precision leaves out what an earlier try brought of another', async () => {
    const path = join(home.storeDir, 'acme', `.tiny.${COMMIT}.partial`);
    writeExport(path, {
      'onnx/model.onnx': EXPORT_FILES['onnx/model.onnx']!,
      'onnx/model.onnx_data.part': 'x',
    });
    await home.pull();
    expect(home.files(home.storeDir)).toEqual(STORE);
  });

  it('asks everything of the commit to which the revision led', async () => {
    await home.pull('acme/tiny@v1');
    expect(home.hub.seen[0]!.path).toMatch(/^\/api\/models\/acme\/tiny\/revision\/v1\?/);
    for (const { path } of home.hub.seen.slice(1)) expect(path).toContain(COMMIT);
  });

  it.each([
    [{ license: 'other', license_name: 'acme-open' }, undefined, 'acme-open'],
    [{ license: ['mit', 'apache-2.0'] }, undefined, 'mit, apache-2.0'],
    [{ license: Array(40).fill('mit') }, undefined, 'mit, '.repeat(20)],
    [{ license: 'other', license_name: 'x'.repeat(301) }, undefined, 'x'.repeat(100)],
    [null, ['onnx', 'license:bsd-3-clause'], 'bsd-3-clause'],
    [undefined, undefined, 'unknown'],
    [{ license: 7 }, 'none', 'unknown'],
  ])('reads the licence from a card %j and tags %j', async (cardData, tags, licence) => {
    Object.assign(home.hub.models['acme/tiny']!, { cardData, tags });
    expect((await home.pull()).manifest.licence).toBe(licence);
  });

  it('knows a cross-encoder by its head', async () => {
    home.hub.models['acme/tiny']!.files['config.json'] =
      '{"architectures":["BertForSequenceClassification"]}';
    expect((await home.pull()).manifest.kind).toBe('cross-encoder');
  });
});

describe('a model that is there', () => {
  beforeEach(async () => {
    await home.pull();
    home.hub.seen.length = 0;
  });

  it('of the same commit is left alone', async () => {
    expect((await home.pull()).outcome).toBe('present');
    expect((await home.pull('acme/tiny', { force: true })).outcome).toBe('present');
    expect(home.hub.downloads).toEqual([]);
  });

  it('of the same commit but damaged is mended by what is damaged alone', async () => {
    writeFileSync(home.path('tokenizer.json'), 'damaged');
    expect((await home.pull()).outcome).toBe('replaced');
    expect(home.hub.downloads).toEqual(['tokenizer.json']);
    expect(home.files(home.storeDir)).toEqual(STORE);
  });

  it('gets another precision beside the one it has, and keeps its τ', async () => {
    await setTau(home.path(), TAU, home.storeDir);
    const { manifest } = await home.pull('acme/tiny', { precision: 'fp32' });
    expect(home.hub.downloads).toEqual(['onnx/model.onnx']);
    expect(home.files(home.path('onnx'))).toEqual(['model.onnx', 'model_quantized.onnx']);
    expect(manifest.tau).toEqual(TAU);
  });

  it('of another commit is replaced by --force or a revision alone, as a whole, and loses its τ', async () => {
    await setTau(home.path(), TAU, home.storeDir);
    const model = home.hub.models['acme/tiny']!;
    model.commit = OTHER_COMMIT;
    model.files['config.json'] = '{"hidden_size":16}';
    delete model.files.LICENSE;
    await expect(home.pull()).rejects.toThrow(`of commit ${COMMIT}; the hub has ${OTHER_COMMIT}`);
    expect(home.read('config.json')).toBe(EXPORT_FILES['config.json']);
    const { outcome, manifest } = await home.pull('acme/tiny', { force: true });
    expect(outcome).toBe('replaced');
    expect(manifest).toMatchObject({ dimension: 16, source: { commit: OTHER_COMMIT } });
    expect(manifest.tau).toBeUndefined();
    // What did not change is taken over.
    expect(home.hub.downloads).toEqual(['config.json']);
    expect(home.files(home.storeDir)).toEqual(STORE.filter((path) => !path.endsWith('LICENSE')));
    model.commit = COMMIT;
    expect((await home.pull(`acme/tiny@${COMMIT}`)).outcome).toBe('replaced');
  });

  it('that somebody put there is not replaced unless forced', async () => {
    writeManifest(home.path(), { ...readManifest(home.path())!, source: undefined });
    await expect(home.pull()).rejects.toThrow('that was not pulled from a hub');
    rmSync(home.path('manifest.json'));
    await expect(home.pull()).rejects.toThrow('that was not pulled from a hub');
    writeFileSync(home.path('manifest.json'), '{');
    await expect(home.pull()).rejects.toThrow('that was not pulled from a hub');
    expect((await home.pull('acme/tiny', { force: true })).outcome).toBe('replaced');
  });
});

describe('a store', () => {
  it('that another process changes is left alone', async () => {
    await withStoreLock(home.storeDir, async () => {
      await expect(home.pull()).rejects.toThrow('another process is changing it');
    });
    expect((await home.pull()).outcome).toBe('pulled');
  });

  it('that cannot be made is told of', async () => {
    writeFileSync(home.storeDir, 'a file');
    await expect(home.pull()).rejects.toThrow(`cannot change the model store ${home.storeDir}`);
  });

  it('gets back a model that was on its way out when the process ended, and loses other leftovers', async () => {
    const organisation = join(home.storeDir, 'acme');
    writeExport(join(organisation, '.tiny.replaced'), { 'config.json': '{}' });
    writeExport(join(organisation, `.tiny.${OTHER_COMMIT}.partial`), { 'config.json': '{}' });
    const neighbour = `.tiny.b.${OTHER_COMMIT}.partial`;
    mkdirSync(join(organisation, neighbour));
    await expect(home.pull()).rejects.toThrow('that was not pulled from a hub');
    expect(home.files(home.storeDir)).toEqual(['.lock', 'acme/tiny/config.json']);
    expect(statSync(join(organisation, neighbour)).isDirectory()).toBe(true);
  });
});
