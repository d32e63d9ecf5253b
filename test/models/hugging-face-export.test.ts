import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HuggingFaceExport, readExport } from '../../src/models/hugging-face-export.js';
import { writeJson } from '../fixtures/tiny-models/write-export.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'export-'));
});
afterAll(() => rmSync(root, { recursive: true }));

function read(files: Readonly<Record<string, unknown>>): HuggingFaceExport {
  const folder = mkdtempSync(join(root, 'model-'));
  for (const [file, content] of Object.entries({ 'config.json': {}, ...files }))
    writeJson(folder, file, content);
  return readExport(folder);
}

const steps = (...types: string[]) =>
  types.map((type, idx) => ({
    idx,
    name: `${idx}`,
    path: idx === 0 ? '' : `${idx}_${type}`,
    type: `sentence_transformers.models.${type}`,
  }));
const withPooling = (config: object, modules: unknown = steps('Transformer', 'Pooling')) =>
  read({ 'modules.json': modules, '1_Pooling/config.json': config });

describe('the length of a model', () => {
  it('is the shortest of what is said', () => {
    const files = {
      'config.json': { max_position_embeddings: 512 },
      'tokenizer_config.json': { model_max_length: 400 },
      'sentence_bert_config.json': { max_seq_length: 256 },
    };
    expect(read(files)).toMatchObject({ maxLength: 256, longest: 400 });
    expect(read({ ...files, 'sentence_bert_config.json': { max_seq_length: null } })).toMatchObject({
      maxLength: 400,
    });
  });

  it('is 512 where nothing is said, or 1e30', () => {
    expect(read({})).toMatchObject({ maxLength: 512 });
    expect(read({ 'tokenizer_config.json': { model_max_length: 1e30 } })).toMatchObject({ maxLength: 512 });
  });

  it.each([
    ['roberta', 1, 512],
    ['xlm-roberta', 1, 512],
    ['mpnet', 1, 512],
    ['bert', 0, 514],
    ['roberta', 3, 510],
  ])(
    "of %s, whose padding is %i, is %i: RoBERTa's family counts from behind the padding",
    (model_type, pad_token_id, length) => {
      const model = read({ 'config.json': { model_type, pad_token_id, max_position_embeddings: 514 } });
      expect(model).toMatchObject({ maxLength: length, longest: length, firstPosition: 514 - length });
    },
  );
});

describe('pooling', () => {
  it.each([
    ['pooling_mode_cls_token', 'cls'],
    ['pooling_mode_mean_tokens', 'mean'],
    ['pooling_mode_lasttoken', 'last-token'],
  ])('of %s is %s', (mode, pooling) => {
    const config = { word_embedding_dimension: 8, pooling_mode_cls_token: false, [mode]: true };
    expect(withPooling(config)).toMatchObject({ pooling, dimension: 8 });
  });

  it('may be named alone', () => {
    expect(withPooling({ pooling_mode: 'mean' })).toMatchObject({ pooling: 'mean' });
  });

  it('is unknown without modules.json, and none where there is no such step', () => {
    expect(read({}).pooling).toBeUndefined();
    expect(read({ 'modules.json': steps('Transformer') }).pooling).toBe('none');
  });

  it.each([
    [{ pooling_mode_max_tokens: true }, 'max_tokens'],
    [{ pooling_mode_mean_tokens: true, pooling_mode_cls_token: true }, 'mean_tokens and cls_token'],
    [{ pooling_mode_mean_tokens: false }, 'nothing'],
    [{ pooling_mode: 'constructor' }, 'constructor'],
  ])('of %j is refused', (config, named) => {
    expect(() => withPooling(config)).toThrow(`1_Pooling/config.json: pooling by ${named}; only`);
  });

  it('that leaves the prompt out is refused', () => {
    expect(() => withPooling({ pooling_mode_mean_tokens: true, include_prompt: false })).toThrow(
      '1_Pooling/config.json: pooling that leaves the prompt out is not known here',
    );
  });

  it.each([['Dense'], ['LayerNorm'], ['Pooling']])('followed by %s is refused', (type) => {
    expect(() =>
      withPooling({ pooling_mode_mean_tokens: true }, steps('Transformer', 'Pooling', type)),
    ).toThrow(`modules.json: its steps are Transformer, Pooling, ${type}; only`);
  });

  it('outside of the folder is refused', () => {
    const modules = steps('Transformer', 'Pooling').map((step) => ({
      ...step,
      path: step.path && '../other',
    }));
    mkdirSync(join(root, 'other'), { recursive: true });
    writeJson(root, 'other/config.json', { pooling_mode_mean_tokens: true });
    expect(() => withPooling({}, modules)).toThrow('modules.json: the path of its Pooling is no folder name');
  });

  it('of a Transformer in a folder of its own is refused', () => {
    const modules = steps('Transformer', 'Pooling').map((step) => ({
      ...step,
      path: step.path || '0_Transformer',
    }));
    expect(() => withPooling({}, modules)).toThrow('modules.json: its Transformer is not at the root');
  });
});

describe('prompts', () => {
  const promptsOf = (content: object) => read({ 'config_sentence_transformers.json': content }).prompts;

  it('are found by the usual names of the roles', () => {
    expect(promptsOf({ prompts: { query: 'q: ', passage: 'p: ' } })).toEqual({
      query: 'q: ',
      document: 'p: ',
    });
    expect(promptsOf({ prompts: { query: 'q: ', document: '', passage: 'p: ' } })).toEqual({
      query: 'q: ',
      document: '',
    });
  });

  it('are the default where a role has none', () => {
    const prompts = { query: 'q: ', all: 'x: ' };
    expect(promptsOf({ prompts, default_prompt_name: 'all' })).toEqual({ query: 'q: ', document: 'x: ' });
  });

  it('are empty where there are none', () => {
    expect(promptsOf({ prompts: {}, default_prompt_name: null })).toEqual({ query: '', document: '' });
    expect(read({}).prompts).toEqual({ query: '', document: '' });
  });
});
