import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ModelSpec } from '../../src/inference/loaded-model.js';
import { describeFolder } from '../../src/models/describe-folder.js';
import { writeManifest } from '../../src/models/manifest.js';
import { buildTinyCrossEncoder } from '../fixtures/tiny-models/cross-encoder.js';
import { buildTinyEncoder, type TinyEncoderOptions } from '../fixtures/tiny-models/encoder.js';
import { tinyTokenizer } from '../fixtures/tiny-models/tokenizers.js';
import { write, writeJson } from '../fixtures/tiny-models/write-export.js';
import { load, modelFolder } from './model-folders.js';

/** What is said when a model is loaded after something was done to its folder; folder names are checked and left out. */
async function failure(
  options: TinyEncoderOptions,
  spoil: (folder: string) => void = () => {},
  spec: Partial<ModelSpec> = {},
): Promise<string> {
  const { folder } = buildTinyEncoder(modelFolder(), options);
  spoil(folder);
  const error = await load(folder, spec).then(
    () => new Error('it was loaded'),
    (reason: Error) => reason,
  );
  expect(error.message.startsWith(`model folder ${folder}: `)).toBe(true);
  return error.message.slice(`model folder ${folder}: `.length).replaceAll(folder, '…');
}

describe('a model is refused, by folder, file and reason, for', () => {
  it('no folder, or a file in its place', async () => {
    expect(await failure({}, (folder) => rmSync(folder, { recursive: true }))).toBe(
      'there is no such folder',
    );
    const inFile = (folder: string) => {
      rmSync(folder, { recursive: true });
      write(folder, '', '');
    };
    expect(await failure({}, inFile)).toBe('there is no such folder');
  });

  it.each(['config.json', 'tokenizer.json', '1_Pooling/config.json'])('a missing %s', async (file) => {
    const message = await failure({}, (folder) => rmSync(join(folder, file)));
    expect(message).toMatch(`${file}: ENOENT`);
  });

  it.each([
    'config.json',
    'tokenizer.json',
    'modules.json',
    '1_Pooling/config.json',
    'tokenizer_config.json',
  ])('a %s that is cut off, or of another kind', async (file) => {
    expect(await failure({}, (folder) => truncateSync(join(folder, file), 20))).toMatch(`${file}: `);
    expect(await failure({}, (folder) => writeJson(folder, file, 7))).toMatch(`${file}: `);
  });

  it.each([
    ['config.json', 16],
    ['1_Pooling/config.json', 16],
    ['tokenizer.json', 256],
  ])('a %s of more than %i MiB', async (file, most) => {
    const bytes = most * 2 ** 20 + 1;
    expect(await failure({}, (folder) => truncateSync(join(folder, file), bytes))).toBe(
      `${file}: it has ${bytes} bytes, more than ${bytes - 1}`,
    );
  });

  describe.skipIf(process.platform === 'win32')('what is no file:', () => {
    it.each([
      'config.json',
      'tokenizer.json',
      '1_Pooling/config.json',
      'onnx/model.onnx',
      'onnx/model.onnx_data',
    ])('a %s that is a folder, or that never ends', async (file) => {
      const instead = (make: (location: string) => void) =>
        failure({ external: true }, (folder) => {
          rmSync(join(folder, file), { force: true });
          make(join(folder, file));
        });
      const pattern = (what: string) =>
        new RegExp(`${file.replaceAll('.', '\\.')}: it is a ${what}.*, not a file$`);
      expect(await instead((location) => mkdirSync(location))).toMatch(pattern('folder'));
      expect(await instead((location) => execFileSync('mkfifo', [location]))).toMatch(pattern('pipe'));
      expect(await instead((location) => symlinkSync('/dev/zero', location))).toMatch(
        pattern('pipe, a device'),
      );
    });
  });

  it('a tokenizer that is none, or of an unknown kind', async () => {
    const write = (value: object) => (folder: string) => writeJson(folder, 'tokenizer.json', value);
    expect(await failure({}, write({}))).toMatch(/^tokenizer\.json: /);
    expect(await failure({}, write({ model: { type: 'Guess' } }))).toMatch(
      'tokenizer.json: Unknown TokenizerModel type: Guess',
    );
    expect(
      await failure({}, write({ model: { type: 'WordPiece', vocab: { a: 0 } }, normalizer: { type: 'X' } })),
    ).toMatch('tokenizer.json: Unknown Normalizer type: X');
  });

  it.each(['word-piece', 'bpe', 'unigram'] as const)(
    'a tokenizer of another model (%s), for one of whose tokens the graph has no row',
    async (tokenizer) => {
      const { tokens } = tinyTokenizer(tokenizer);
      expect(await failure({ tokenizer, rows: tokens.length - 1 })).toMatch(
        new RegExp(
          `onnx/model\\.onnx: it cannot read id ${tokens.length - 1}, the largest of tokenizer\\.json, .*Gather.*out of data bounds`,
        ),
      );
    },
  );

  it('a token added to the tokenizer that the graph has no row for', async () => {
    const { tokens, json } = tinyTokenizer('word-piece');
    const added = { added_tokens: [{ id: tokens.length, content: '<more>', special: true }] };
    expect(await failure({}, (folder) => writeJson(folder, 'tokenizer.json', { ...json, ...added }))).toMatch(
      `it cannot read id ${tokens.length}, `,
    );
  });

  it('no graph, or none of the precision asked for', async () => {
    expect(await failure({}, (folder) => rmSync(join(folder, 'onnx'), { recursive: true }))).toMatch(
      /^no onnx\/model\.onnx, nor another graph/,
    );
    expect(await failure({}, undefined, { precision: 'q4' })).toBe(
      'no graph of precision q4; there are: onnx/model.onnx',
    );
  });

  it('another revision than that which was loaded first, or none', async () => {
    const manifest = (folder: string) => writeManifest(folder, { ...describeFolder(folder), revision: 'r2' });
    expect(await failure({}, manifest, { revision: 'r1' })).toBe(
      'it is of revision r2 now, not r1; restart the server',
    );
    expect(await failure({}, undefined, { revision: 'r1' })).toBe(
      'it is of revision unknown now, not r1; restart the server',
    );
  });

  it('other files than those that were loaded first', async () => {
    const { folder } = buildTinyEncoder(modelFolder());
    const { files } = describeFolder(folder);
    await load(folder, { files, revision: 'r1' });
    const change = (other: string) => writeJson(other, '1_Pooling/config.json', { pooling_mode: 'cls' });
    expect(await failure({}, change, { files })).toMatch(
      /^it is not as it was \(model file …\/1_Pooling\/config\.json has .*\); restart the server$/,
    );
  });

  it('a graph that is cut off, or no graph', async () => {
    const file = join('onnx', 'model.onnx');
    expect(await failure({}, (folder) => truncateSync(join(folder, file), 1000))).toMatch(
      /^onnx\/model\.onnx: .*Protobuf parsing failed/,
    );
    expect(await failure({}, (folder) => truncateSync(join(folder, file), 0))).toMatch(
      /^onnx\/model\.onnx: /,
    );
    expect(await failure({}, (folder) => write(folder, file, '<html>'))).toMatch(/^onnx\/model\.onnx: /);
  });

  it('weights beside the graph that are missing, or too short', async () => {
    const data = join('onnx', 'model.onnx_data');
    expect(await failure({ external: true }, (folder) => rmSync(join(folder, data)))).toMatch(
      /^onnx\/model\.onnx: .*model\.onnx_data/,
    );
    expect(await failure({ external: true }, (folder) => truncateSync(join(folder, data), 100))).toMatch(
      /^onnx\/model\.onnx: /,
    );
  });

  it('an operation that the runtime does not know', async () => {
    expect(await failure({ operator: 'Guess' })).toMatch(/^onnx\/model\.onnx: .*Guess/);
  });

  it('inputs that a text model has not', async () => {
    expect(await failure({ inputs: ['past_key_values.0.key'] })).toBe(
      'onnx/model.onnx: it asks for past_key_values.0.key; only input_ids, attention_mask, token_type_ids, position_ids can be given',
    );
  });

  it('a batch size or length that is fixed', async () => {
    expect(await failure({ inputShape: [1, 'length'] })).toBe(
      'onnx/model.onnx: its input_ids has the fixed shape 1 × length: export it with any batch size and length',
    );
  });

  it('weights outside of its folder', async () => {
    const spoil = (folder: string) => {
      const built = buildTinyEncoder(modelFolder(), { external: true, externalFile: '../../outside' });
      rmSync(folder, { recursive: true });
      cpSync(built.folder, folder, { recursive: true });
      cpSync(join(folder, 'onnx/model.onnx_data'), join(folder, '../outside'));
    };
    expect(await failure({}, spoil)).toMatch(/^onnx\/model\.onnx: .*escapes model directory/);
  });

  it('vectors of another size than the configs say', async () => {
    expect(await failure({ config: { hidden_size: 16 } })).toBe(
      '1_Pooling/config.json: vectors of 8, but config.json says 16',
    );
    expect(await failure({ config: { hidden_size: 16 }, pooling: null })).toBe(
      "onnx/model.onnx: it gives vectors of 8, but the model's configs say 16",
    );
  });

  it('pooling that the graph leaves no room for', async () => {
    const message = await failure({ output: 'sentence_embedding' }, undefined, { pooling: 'cls' });
    expect(message).toBe(
      'onnx/model.onnx: it gives no vectors of tokens but sentence_embedding (float32, 2 × 8)',
    );
    expect(await failure({}, undefined, { pooling: 'none' })).toBe(
      'onnx/model.onnx: it gives no vectors of texts but last_hidden_state (float32, 2 × 3 × 8)',
    );
  });

  it('NaN for the simplest text', async () => {
    expect(await failure({ nanToken: 'a' })).toBe(
      'onnx/model.onnx: the graph gave a number that is not finite',
    );
  });

  it('an encoder in place of a cross-encoder, and the other way round', async () => {
    expect(await failure({}, undefined, { kind: 'cross-encoder' })).toBe(
      'onnx/model.onnx: it gives no logits of one or two classes but last_hidden_state (float32, 2 × 5 × 8)',
    );
    const { folder } = buildTinyCrossEncoder(modelFolder());
    await expect(load(folder)).rejects.toThrow(
      'it gives no vectors of tokens or texts but logits (float32, 2 × 1)',
    );
  });

  it('a cross-encoder of three classes', async () => {
    const { folder } = buildTinyCrossEncoder(modelFolder(), { classes: 3 });
    await expect(load(folder, { kind: 'cross-encoder' })).rejects.toThrow(
      'it gives no logits of one or two classes but logits (float32, 2 × 3)',
    );
  });
});

describe('a model that was closed', () => {
  it('gives failures, and may be closed again', async () => {
    const model = await load(buildTinyEncoder(modelFolder()).folder);
    await model.close();
    expect(await model.run([{ text: 'cat' }])).toEqual([{ failure: 'the model is closed' }]);
    await model.close();
  });
});
