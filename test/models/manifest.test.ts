import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeFolder, exportFiles } from '../../src/models/describe-folder.js';
import { type Manifest, readManifest, writeManifest } from '../../src/models/manifest.js';
import { ModelStore } from '../../src/models/model-store.js';
import { setTau } from '../../src/models/set-tau.js';
import { withStoreLock } from '../../src/models/store-lock.js';
import { assertWhole, verifyFolder } from '../../src/models/verify-folder.js';
import { EXPORT_FILES, writeExport } from '../fixtures/export-folder.js';

const TAU = { value: 0.7, version: '1-r1' };

let folder: string;
let manifest: Manifest;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifest-'));
  writeExport(folder);
  manifest = describeFolder(folder);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('a manifest', () => {
  it('is read as it was written, and leaves nothing beside it', () => {
    const before = readdirSync(folder);
    const source = { endpoint: 'https://hub.example', repository: 'acme/tiny', commit: 'c'.repeat(40) };
    writeManifest(folder, { ...manifest, tau: TAU, source });
    expect(readManifest(folder)).toEqual({ ...manifest, tau: TAU, source });
    expect(readdirSync(folder).sort()).toEqual([...before, 'manifest.json'].sort());
  });

  it('that could not be read again is not written, and the one there stays', () => {
    writeManifest(folder, manifest);
    expect(() => writeManifest(folder, { ...manifest, tau: { value: 2, version: '1' } })).toThrow('tau');
    expect(readManifest(folder)).toEqual(manifest);
  });

  it('that is a folder or too large is refused', () => {
    writeFileSync(join(folder, 'manifest.json'), ' '.repeat(2 ** 20 + 1));
    expect(() => readManifest(folder)).toThrow('it has 1048577 bytes, more than 1048576');
    expect(() => readManifest(join(folder, 'onnx', '..'))).toThrow('cannot read the model manifest');
  });
});

describe('a folder without a manifest', () => {
  it('is described by the files its vectors depend on, in whatever order the disk gives them', () => {
    expect(manifest).toMatchObject({ kind: 'encoder', dimension: 8, licence: 'unknown' });
    expect(Object.keys(manifest.files)).toEqual(
      Object.keys(EXPORT_FILES)
        .filter((name) => !['README.md', 'LICENSE'].includes(name))
        .sort(),
    );
    expect(manifest.revision).toMatch(/^[0-9a-f]{12}$/);
  });

  it('has another revision when a config, a graph or a name changes, the same when the rest does', () => {
    const revisions = new Set([manifest.revision]);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    revisions.add(describeFolder(folder).revision);
    expect(revisions.size).toBe(1);
    writeExport(folder, { '1_Pooling/config.json': '{"pooling_mode_mean_tokens":true}' });
    revisions.add(describeFolder(folder).revision);
    writeExport(folder, { 'onnx/model.onnx': 'other' });
    revisions.add(describeFolder(folder).revision);
    writeExport(folder, { 'onnx/model.onnx_data': 'weights' });
    revisions.add(describeFolder(folder).revision);
    expect(revisions.size).toBe(4);
  });

  it('may be made of links, as caches of other tools are', () => {
    const cache = mkdtempSync(join(tmpdir(), 'cache-'));
    for (const name of ['config.json', 'tokenizer.json', 'onnx'])
      symlinkSync(join(folder, name), join(cache, name));
    expect(exportFiles(cache)).toContain('onnx/model.onnx');
    rmSync(cache, { recursive: true });
  });

  it('is a cross-encoder where its head says so; a projected encoder’s dimension is not guessed', () => {
    writeExport(folder, {
      'config.json': '{"architectures":["BertForSequenceClassification"],"hidden_size":8}',
    });
    expect(describeFolder(folder)).toMatchObject({ kind: 'cross-encoder' });
    expect(describeFolder(folder).dimension).toBeUndefined();
    writeExport(folder, {
      'config.json': '{"architectures":null,"dim":8}',
      'modules.json': '[{"type":"sentence_transformers.models.Dense"}]',
    });
    expect(describeFolder(folder)).toMatchObject({ kind: 'encoder' });
    expect(describeFolder(folder).dimension).toBeUndefined();
  });

  it('with no model in it says what is missing', () => {
    rmSync(join(folder, 'config.json'));
    expect(() => describeFolder(folder)).toThrow(/config\.json: ENOENT/);
    rmSync(join(folder, 'onnx'), { recursive: true });
    expect(() => describeFolder(folder)).toThrow(/no model in .*: no ONNX graph/);
    expect(() => describeFolder(join(folder, 'nothing'))).toThrow(/cannot read the model folder .*nothing/);
    writeFileSync(join(folder, 'config.json'), '{');
    writeExport(folder, { 'onnx/model.onnx': 'x' });
    expect(() => describeFolder(folder)).toThrow(/config\.json: /);
  });
});

describe('setTau', () => {
  const nowhere = join(tmpdir(), 'no-store');

  it('makes a manifest where there was none, and changes τ alone where there is one', async () => {
    expect(await setTau(folder, TAU, nowhere)).toEqual({ ...manifest, tau: TAU });
    writeManifest(folder, { ...manifest, name: 'acme/tiny', tau: TAU });
    const tau = { value: 0.9, version: '1-r2' };
    await setTau(folder, tau, nowhere);
    expect(readManifest(folder)).toEqual({ ...manifest, name: 'acme/tiny', tau });
    expect(existsSync(nowhere)).toBe(false);
  });

  it('changes a model of the store only while no other process changes the store', async () => {
    const model = join(folder, 'acme', 'tiny');
    writeExport(model);
    await withStoreLock(folder, async () => {
      await expect(setTau(model, TAU, folder)).rejects.toThrow('another process is changing it');
    });
    expect(readManifest(model)).toBeUndefined();
    await setTau(model, TAU, folder);
    expect(readManifest(model)?.tau).toEqual(TAU);
  });

  it.skipIf(process.getuid?.() === 0)('tells of a folder that may only be read', async () => {
    chmodSync(folder, 0o500);
    await expect(setTau(folder, TAU, nowhere)).rejects.toThrow('EACCES');
    chmodSync(folder, 0o700);
  });
});

describe('verifying', () => {
  it('finds nothing wrong with a whole folder, and tells how much was read', async () => {
    let read = 0;
    const total = Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(await verifyFolder(folder, manifest, (count) => (read += count))).toEqual([]);
    expect(read).toBe(total);
  });

  it('names each file that is missing, cut short, changed', async () => {
    rmSync(join(folder, 'tokenizer.json'));
    writeFileSync(join(folder, 'modules.json'), '[]');
    writeFileSync(join(folder, 'onnx', 'model_quantized.onnx'), 'int9 '.repeat(100));
    expect(await verifyFolder(folder, manifest)).toEqual([
      expect.stringMatching(/modules\.json has 2 bytes, the manifest says \d+$/),
      expect.stringMatching(/model_quantized\.onnx is damaged: its SHA-256 is not the manifest's$/),
      expect.stringMatching(/^cannot read model file .*tokenizer\.json: ENOENT/),
    ]);
    await expect(assertWhole(folder, manifest)).rejects.toThrow('model_quantized.onnx is damaged');
  });

  it('finds a file that nobody listed and that would change the model', async () => {
    writeExport(folder, { 'onnx/model_fp16.onnx': 'new', 'notes.txt': 'harmless' });
    expect(await verifyFolder(folder, manifest)).toEqual([
      `model file ${join(folder, 'onnx/model_fp16.onnx')} is not in the manifest`,
    ]);
  });

  it('reads links as the files they lead to', async () => {
    const original = join(folder, 'original');
    writeFileSync(original, readFileSync(join(folder, 'config.json')));
    rmSync(join(folder, 'config.json'));
    symlinkSync(original, join(folder, 'config.json'));
    expect(existsSync(join(folder, 'config.json'))).toBe(true);
    expect(await verifyFolder(folder, manifest)).toEqual([]);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe in the place of a file is never waited for', () => {
  function replace(file: string): void {
    rmSync(join(folder, file), { force: true });
    execFileSync('mkfifo', [join(folder, file)]);
  }

  it('by those who read manifests', () => {
    replace('manifest.json');
    expect(() => readManifest(folder)).toThrow(
      /^cannot read the model manifest .*manifest\.json: it is a pipe/,
    );
  });

  it('by those who describe a folder', () => {
    replace('onnx/model_quantized.onnx');
    expect(() => describeFolder(folder)).toThrow(`${folder}: onnx/model_quantized.onnx: it is a pipe`);
  });

  it('by those who compare files with their manifest, whatever length that says', async () => {
    replace('tokenizer.json');
    const files = { ...manifest.files, 'tokenizer.json': { ...manifest.files['tokenizer.json']!, bytes: 0 } };
    expect(await verifyFolder(folder, { ...manifest, files })).toEqual([
      expect.stringMatching(/^cannot read model file .*tokenizer\.json: it is a pipe/),
    ]);
    writeManifest(folder, { ...manifest, files });
    const store = new ModelStore({ bundledDir: folder, storeDir: folder, cwd: folder });
    expect(() => store.open(folder).read('tokenizer.json')).toThrow(/tokenizer\.json: it is a pipe/);
  });
});
