import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStaticEncoder } from '../../src/encoders/static.js';
import { openModelStore } from '../../src/models/model-store.js';
import { MODELS_FOLDER, modelStore, STATIC_MODEL } from '../fixtures/models.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'models-'));
  cpSync(MODELS_FOLDER, folder, { recursive: true });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Rewrites the manifest. */
function editManifest(edit: (manifest: { models: Record<string, Record<string, unknown>> }) => void): void {
  const file = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  edit(manifest);
  writeFileSync(file, JSON.stringify(manifest));
}

describe('the models folder', () => {
  it('lists every bundled file, and each is as the manifest says', () => {
    expect(modelStore.names).toEqual([STATIC_MODEL, 'df-prior']);
    for (const name of modelStore.names) {
      const model = modelStore.open(name);
      expect(model.entry.licence).toBe('Apache-2.0');
      for (const file of Object.keys(model.entry.files)) expect(model.read(file).length).toBeGreaterThan(0);
    }
  });

  it('refuses a file with one bit changed, and names it', () => {
    const file = join(folder, STATIC_MODEL, 'onnx', 'model.onnx_data');
    const bytes = readFileSync(file);
    bytes[1_000_000]! ^= 1;
    writeFileSync(file, bytes);
    expect(() => createStaticEncoder(openModelStore(folder).open(STATIC_MODEL))).toThrow(
      /model\.onnx_data is damaged: its SHA-256/,
    );
  });

  it('refuses a file that was cut short, a missing one and one that is not listed', () => {
    writeFileSync(join(folder, STATIC_MODEL, 'config.json'), '{}');
    rmSync(join(folder, STATIC_MODEL, 'tokenizer.json'));
    const model = openModelStore(folder).open(STATIC_MODEL);
    expect(() => model.read('config.json')).toThrow(/config\.json has 2 bytes, the manifest says 496/);
    expect(() => model.read('tokenizer.json')).toThrow(/cannot read model file .*tokenizer\.json/);
    expect(() => model.read('../manifest.json')).toThrow('not in the manifest');
    expect(() => model.read('constructor')).toThrow('not in the manifest');
  });

  it('says which models there are when asked for another', () => {
    for (const name of ['gpt', '__proto__', 'constructor']) {
      expect(() => modelStore.open(name)).toThrow(`no model "${name}"`);
    }
    expect(() => modelStore.open('gpt')).toThrow('static-minilm-192, df-prior');
  });

  it('refuses a manifest that is missing, no JSON, or wrong', () => {
    editManifest(({ models }) => {
      models['df-prior']!.revision = 7;
    });
    expect(() => openModelStore(folder)).toThrow(/manifest .*is wrong: .*revision/s);
    writeFileSync(join(folder, 'manifest.json'), '{');
    expect(() => openModelStore(folder)).toThrow('cannot read the model manifest');
    rmSync(join(folder, 'manifest.json'));
    expect(() => openModelStore(folder)).toThrow('cannot read the model manifest');
  });

  it('refuses a static model of another dimension than the manifest’s', () => {
    editManifest(({ models }) => {
      models[STATIC_MODEL]!.dimension = 384;
    });
    expect(() => createStaticEncoder(openModelStore(folder).open(STATIC_MODEL))).toThrow('another dimension');
  });

  it('refuses to read another kind of model as a static one', () => {
    expect(() => createStaticEncoder(modelStore.open('df-prior'))).toThrow(
      'config.json is not in the manifest',
    );
  });
});
