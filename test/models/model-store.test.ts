import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStaticEncoder } from '../../src/encoders/static.js';
import { describeFolder } from '../../src/models/describe-folder.js';
import { writeManifest } from '../../src/models/manifest.js';
import { ModelStore } from '../../src/models/model-store.js';
import { EXPORT_FILES, writeExport } from '../fixtures/export-folder.js';
import { MODELS_FOLDER, modelStore, STATIC_MODEL } from '../fixtures/models.js';

let home: string;
let store: ModelStore;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'models-'));
  store = new ModelStore({ bundledDir: join(home, 'bundled'), storeDir: join(home, 'store'), cwd: home });
});

afterEach(() => {
  rmSync(home, { recursive: true });
});

/** Copies the bundled models, to be damaged. */
function copyBundled(): void {
  cpSync(MODELS_FOLDER, join(home, 'bundled'), { recursive: true });
}

const bundledFile = (...path: string[]) => join(home, 'bundled', STATIC_MODEL, ...path);

/** Rewrites the static model's manifest. */
function editManifest(edit: (manifest: Record<string, unknown>) => void): void {
  const manifest = JSON.parse(readFileSync(bundledFile('manifest.json'), 'utf8'));
  edit(manifest);
  writeFileSync(bundledFile('manifest.json'), JSON.stringify(manifest));
}

describe('the bundled models', () => {
  it('have manifests that list every file, and each is as they say', () => {
    const bundled = modelStore.list().filter(({ place }) => place === 'bundled');
    expect(bundled.map(({ name }) => name)).toEqual(['df-prior', STATIC_MODEL]);
    for (const { name } of bundled) {
      const model = modelStore.open(name);
      expect(model.entry.name).toBe(name);
      expect(model.entry.licence).toBe('Apache-2.0');
      for (const file of Object.keys(model.entry.files)) expect(model.read(file).length).toBeGreaterThan(0);
    }
  });

  it('are refused with one bit changed, which names the file', () => {
    copyBundled();
    const bytes = readFileSync(bundledFile('onnx', 'model.onnx_data'));
    bytes[1_000_000]! ^= 1;
    writeFileSync(bundledFile('onnx', 'model.onnx_data'), bytes);
    expect(() => createStaticEncoder(store.open(STATIC_MODEL))).toThrow(
      /model\.onnx_data is damaged: its SHA-256/,
    );
  });

  it('are refused with a file cut short, missing or not listed', () => {
    copyBundled();
    writeFileSync(bundledFile('config.json'), '{}');
    rmSync(bundledFile('tokenizer.json'));
    const model = store.open(STATIC_MODEL);
    expect(() => model.read('config.json')).toThrow(/config\.json has 2 bytes, the manifest says 496/);
    expect(() => model.read('tokenizer.json')).toThrow(/cannot read model file .*tokenizer\.json/);
    expect(() => model.read('../df-prior/stems.tsv')).toThrow('is not in the manifest');
    expect(() => model.read('constructor')).toThrow('is not in the manifest');
  });

  it('are refused with a manifest that is no JSON, or wrong; the list still has the others', () => {
    copyBundled();
    editManifest((manifest) => {
      manifest.revision = 7;
    });
    expect(() => store.open(STATIC_MODEL)).toThrow(/manifest .*is wrong: .*revision/s);
    const listed = store.list();
    expect(listed.map(({ problem }) => problem === undefined)).toEqual([true, false]);
    writeFileSync(bundledFile('manifest.json'), '{');
    expect(() => store.open(STATIC_MODEL)).toThrow('cannot read the model manifest');
  });

  it('are refused with a manifest that names a file elsewhere', () => {
    copyBundled();
    for (const path of ['../df-prior/stems.tsv', '/etc/hostname', 'a\\b', 'nul']) {
      editManifest((manifest) => {
        manifest.files = { [path]: { sha256: '0'.repeat(64), bytes: 1 } };
      });
      expect(() => store.open(STATIC_MODEL)).toThrow('Invalid key in record');
    }
  });

  it('give no static encoder of another dimension than the manifest’s, nor from another kind of model', () => {
    copyBundled();
    editManifest((manifest) => {
      manifest.dimension = 384;
    });
    expect(() => createStaticEncoder(store.open(STATIC_MODEL))).toThrow('another dimension');
    expect(() => createStaticEncoder(store.open('df-prior'))).toThrow('config.json is not in the manifest');
  });

  it('work without a manifest too, under a revision that comes from the files', () => {
    copyBundled();
    const { name, version } = createStaticEncoder(store.open(STATIC_MODEL));
    rmSync(bundledFile('manifest.json'));
    const bare = createStaticEncoder(store.open(STATIC_MODEL));
    expect(bare).toMatchObject({ name, dimension: 192, tau: undefined });
    expect(bare.version).not.toBe(version);
  });
});

describe('a name', () => {
  it('finds what the store has, then what is bundled, then a folder', () => {
    writeExport(join(home, 'store', 'acme', 'tiny'));
    writeExport(join(home, 'bundled', 'words'));
    writeExport(join(home, 'exports', 'mine'));
    expect(store.find('acme/tiny')).toMatchObject({ name: 'acme/tiny', place: 'store' });
    expect(store.find('words')).toMatchObject({ name: 'words', place: 'bundled' });
    for (const name of ['exports/mine', './exports/mine', join(home, 'exports', 'mine')]) {
      const folder = join(home, 'exports', 'mine');
      expect(store.find(name)).toEqual({ name: 'mine', folder, place: 'folder', manifest: undefined });
    }
  });

  it('means the same whatever folders stand beside it; ./ makes it a folder', () => {
    for (const folder of ['store/acme/tiny', 'acme/tiny', 'bundled/words', 'words']) {
      writeExport(join(home, folder));
    }
    expect(store.find('acme/tiny').place).toBe('store');
    expect(store.find('./acme/tiny').place).toBe('folder');
    expect(store.find('words').place).toBe('bundled');
    expect(store.find('./words').place).toBe('folder');
  });

  it('never leads out of the store or the bundle', () => {
    mkdirSync(join(home, 'store', 'acme'), { recursive: true });
    mkdirSync(join(home, 'bundled'), { recursive: true });
    writeExport(join(home, 'secret'));
    const names = ['acme/..', '../secret/x', 'acme/../../secret', 'acme\\..\\secret', 'acme/tiny@main', '.'];
    for (const name of names) expect(store.storedFolder(name)).toBeUndefined();
    expect(() => store.find('acme/../../secret')).toThrow('no model "acme/../../secret"');
    expect(() => store.find('secret\0')).toThrow('NUL');
    expect(() => store.find('')).toThrow('no model ""');
  });

  it('that nothing has is answered with the names there are', () => {
    for (const name of ['gpt', '__proto__', 'constructor', 'acme/gpt', './gpt']) {
      expect(() => modelStore.find(name)).toThrow(`no model "${name}"`);
    }
    expect(() => modelStore.find('gpt')).toThrow('the models there are: df-prior, static-minilm-192');
  });

  it('of a folder with a manifest is the manifest’s', () => {
    const folder = join(home, 'mine');
    writeExport(folder);
    writeManifest(folder, { ...describeFolder(folder), name: 'acme/tiny', revision: 'r1' });
    expect(store.find('./mine')).toMatchObject({ name: 'acme/tiny', manifest: { revision: 'r1' } });
    expect(Object.keys(EXPORT_FILES)).toEqual(
      expect.arrayContaining(Object.keys(store.open('./mine').entry.files)),
    );
  });
});
