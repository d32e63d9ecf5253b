import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPartial } from '../../../src/models/hub/download-file.js';
import { EXPORT_FILES } from '../../fixtures/export-folder.js';
import { COMMIT, type FakeModel } from '../../fixtures/fake-hub.js';
import { PullHome } from './pull-home.js';

let home: PullHome;
let model: FakeModel;

beforeEach(async () => {
  home = await PullHome.open();
  model = home.hub.models['acme/tiny']!;
});

afterEach(() => home.close());

const GRAPH = 'onnx/model_quantized.onnx';
const CONTENT = EXPORT_FILES[GRAPH]!;
const download = /resolve\/.*model_quantized/;
const rangesOf = (path: string) =>
  home.hub.seen.filter((request) => request.path.endsWith(path)).map(({ range }) => range);

/** Puts the beginning of a file where an earlier pull of this commit would have left it. */
function leavePart(path: string, content: string): void {
  const part = join(home.storeDir, 'acme', `.tiny.${COMMIT}.partial`, `${path}.part`);
  mkdirSync(dirname(part), { recursive: true });
  writeFileSync(part, content);
}

/** No model, not even half of one. */
function expectNoModel(): void {
  expect(home.files(home.storeDir).filter((path) => path.startsWith('acme/tiny/'))).toEqual([]);
}

describe('a download that is broken off', () => {
  it('goes on where it ended', async () => {
    home.hub.fail(download, { endAfter: 123 });
    home.hub.fail(download, { endAfter: 77 });
    await home.pull();
    expect(rangesOf(GRAPH)).toEqual([undefined, 'bytes=123-', 'bytes=200-']);
    expect(home.read(GRAPH)).toBe(CONTENT);
    expect(home.retried).toHaveLength(2);
  });

  it('is given up after five tries, and the next command goes on with it', async () => {
    home.hub.fail(download, { endAfter: 10 }, 5);
    await expect(home.pull()).rejects.toThrow(
      /model_quantized\.onnx: the answer ended after 50 of 500 bytes/,
    );
    expectNoModel();
    home.hub.seen.length = 0;
    await home.pull();
    expect(rangesOf(GRAPH)).toEqual(['bytes=50-']);
    expect(home.hub.downloads).toEqual([GRAPH]);
    expect(home.read(GRAPH)).toBe(CONTENT);
  });

  it('may be so as often as it likes while it gets on', async () => {
    const large = Buffer.alloc(8 << 20, 'large');
    model.files[GRAPH] = large;
    home.hub.fail(download, { endAfter: 1 << 20 }, 7);
    await home.pull('acme/tiny', { maxBytes: 1e8 });
    expect(rangesOf(GRAPH)).toHaveLength(8);
    expect(home.read(GRAPH)).toBe(large.toString());
  });

  it('by a connection that is cut is tried again', async () => {
    const large = Buffer.alloc(2 << 20, 'large');
    model.files[GRAPH] = large;
    home.hub.fail(download, { cutAfter: 1 << 20 });
    await home.pull('acme/tiny', { maxBytes: 1e8 });
    expect(home.retried).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+ broke off at acme\/tiny: onnx\/model_quantized\.onnx: /),
    ]);
    expect(home.read(GRAPH)).toBe(large.toString());
  });

  it('begins anew from a hub that knows no ranges', async () => {
    home.hub.knowsRanges = false;
    home.hub.fail(download, { endAfter: 123 });
    await home.pull();
    expect(rangesOf(GRAPH)).toEqual([undefined, 'bytes=123-']);
    expect(home.read(GRAPH)).toBe(CONTENT);
  });

  it('begins anew where the hub goes on elsewhere than asked', async () => {
    leavePart(GRAPH, CONTENT.slice(0, 100));
    const headers = { 'content-range': `bytes 50-499/${CONTENT.length}` };
    home.hub.fail(download, { status: 206, headers, body: CONTENT.slice(50) });
    await home.pull();
    expect(rangesOf(GRAPH)).toEqual(['bytes=100-', undefined]);
    expect(home.read(GRAPH)).toBe(CONTENT);
  });

  it('begins anew where what lay there was damaged or too long', async () => {
    leavePart(GRAPH, 'x'.repeat(100));
    leavePart('tokenizer.json', 'x'.repeat(100_000));
    await home.pull();
    expect(rangesOf(GRAPH)).toEqual(['bytes=100-', undefined]);
    expect(home.read(GRAPH)).toBe(CONTENT);
    expect(home.read('tokenizer.json')).toBe(EXPORT_FILES['tokenizer.json']);
  });

  it('is recognised when the hub only falls silent', async () => {
    home.stallMs = 1000;
    home.hub.fail(download, { stallAfter: 123 });
    await home.pull();
    expect(rangesOf(GRAPH)).toEqual([undefined, 'bytes=123-']);
    expect(home.read(GRAPH)).toBe(CONTENT);
  });
});

describe('a busy hub', () => {
  it.each([429, 500, 503])('that answers %i is asked again', async (status) => {
    home.hub.fail(/revision/, { status });
    home.hub.fail(/tree/, { status, headers: { 'retry-after': '0' } });
    home.hub.fail(download, { status });
    expect((await home.pull()).outcome).toBe('pulled');
    expect(home.retried).toHaveLength(3);
    expect(home.retried[0]).toContain(`answered ${status}`);
  });

  it('is asked five times, then told of', async () => {
    home.hub.fail(/revision/, { status: 503 }, 5);
    await expect(home.pull()).rejects.toThrow('answered 503 for acme/tiny@main');
    expect(home.hub.seen).toHaveLength(5);
  });

  it('is waited for as long as it asks, by a date too', async () => {
    const moment = new Date(home.clock.now() - 5000).toUTCString();
    home.hub.fail(/revision/, { status: 429, headers: { 'retry-after': moment } });
    expect((await home.pull()).outcome).toBe('pulled');
  });

  it('that asks for more than a minute is left', async () => {
    home.hub.fail(/revision/, { status: 429, headers: { 'retry-after': '3600' } });
    await expect(home.pull()).rejects.toThrow('it asks to wait 3600 s');
    expect(home.hub.seen).toHaveLength(1);
  });

  it('that is not there is told of', async () => {
    const { endpoint } = home.hub;
    await home.hub.close();
    await expect(home.pull()).rejects.toThrow(`${new URL(endpoint).host} broke off at acme/tiny@main`);
    expect(home.retried).toHaveLength(4);
  });
});

describe('a hub that gives nothing', () => {
  it('for want of a model or a revision', async () => {
    await expect(home.pull('acme/other')).rejects.toThrow(/no such model or revision: acme\/other@main/);
    await expect(home.pull('acme/tiny@v9')).rejects.toThrow(/no such model or revision: acme\/tiny@v9/);
    expect(home.retried).toEqual([]);
  });

  it('to strangers, says to set HF_TOKEN', async () => {
    home.hub.fail(/revision/, { status: 401, headers: { 'x-error-code': 'RepoNotFound' } });
    await expect(home.pull()).rejects.toThrow(/no such model, or a private one; it needs HF_TOKEN/);
    home.hub.fail(/resolve/, { status: 401 });
    await expect(home.pull()).rejects.toThrow(/it needs HF_TOKEN/);
  });

  it('before its licence is accepted, says so', async () => {
    home.hub.fail(/resolve/, { status: 403, headers: { 'x-error-code': 'GatedRepo' } });
    await expect(home.pull()).rejects.toThrow(
      /licence must be accepted on 127\.0\.0\.1:\d+ first, then set HF_TOKEN/,
    );
    home.env = { HF_TOKEN: 'hf_secret' };
    home.hub.fail(/resolve/, { status: 403 });
    const refusal = home.pull();
    await expect(refusal).rejects.toThrow(/the token in HF_TOKEN may not read it/);
    await expect(refusal).rejects.not.toThrow(/hf_secret/);
  });

  it('because it is offline here', async () => {
    home.env = { HF_HUB_OFFLINE: '1' };
    await expect(home.pull()).rejects.toThrow('HF_HUB_OFFLINE is set, so nothing is pulled');
    expect(home.hub.seen).toEqual([]);
    expect(home.files()).toEqual([]);
  });
});

describe('a hub that lies', () => {
  it('about a checksum gives no model', async () => {
    home.hub.fail(download, { content: CONTENT.replaceAll('8', '9') });
    await expect(home.pull()).rejects.toThrow(/model_quantized\.onnx: what came does not have the checksum/);
    expectNoModel();
    // What was wrong is not gone on with.
    await home.pull();
    expect(rangesOf(GRAPH)).toEqual([undefined, undefined]);
  });

  it('about the Git checksum of a small file likewise', async () => {
    home.hub.fail(/resolve.*tokenizer\.json/, { content: EXPORT_FILES['tokenizer.json']!.toUpperCase() });
    await expect(home.pull()).rejects.toThrow(/tokenizer\.json: what came does not have the checksum/);
    expectNoModel();
  });

  it('about a length gives no model', async () => {
    home.hub.fail(download, { content: `${CONTENT} and more` });
    await expect(home.pull()).rejects.toThrow(/the hub told 500 bytes and sends 509/);
    home.hub.fail(download, {
      status: 200,
      headers: { 'transfer-encoding': 'chunked' },
      body: `${CONTENT}!`,
    });
    await expect(home.pull()).rejects.toThrow(/the hub sends more than the 500 bytes it told/);
    expectNoModel();
  });

  it.each([
    ['no checksum', { oid: undefined, lfs: undefined }],
    ['makes no sense at: size', { size: -1 }],
    ['makes no sense at: lfs.oid', { lfs: { oid: '../x', size: 500 } }],
    ['gives two lengths', { size: 7 }],
  ])('in its list (%s) gives no model', async (message, change) => {
    model.describe = (path, entry) => (path === GRAPH ? { ...entry, ...change } : entry);
    await expect(home.pull()).rejects.toThrow(message);
    expect(home.hub.downloads).toEqual([]);
  });

  it('in names of files writes nowhere else', async () => {
    const names = [
      '../evil.json',
      '/tmp/evil.json',
      'onnx/../../evil.json',
      '1_Pooling/..\\evil',
      'a'.repeat(5000),
    ];
    for (const name of names) model.files[name] = 'evil';
    model.files['onnx/../../../model.onnx'] = 'evil';
    await home.pull();
    expect(home.files().some((path) => /evil/.test(path))).toBe(false);
    expect(home.files(home.path('onnx'))).toEqual(['model_quantized.onnx']);
  });

  it('with a list that does not end is left', async () => {
    const next = `<${home.hub.endpoint}/api/models/acme/tiny/tree/${COMMIT}?cursor=0>; rel="next"`;
    home.hub.fail(/tree/, { status: 200, headers: { link: next }, body: '[]' }, 1000);
    await expect(home.pull()).rejects.toThrow('does not end');
    expect(home.hub.seen.length).toBeLessThanOrEqual(100);
  });

  it.each([
    ['no JSON', '<html>'],
    ['no object', '7'],
    ['no commit', '{"sha":"main"}'],
  ])('or is none (%s) is told of', async (_, body) => {
    home.hub.fail(/revision/, { status: 200, body });
    await expect(home.pull()).rejects.toThrow(/is not what such hubs answer|makes no sense at: sha/);
  });

  it('with more than anybody could mean is left', async () => {
    home.hub.fail(/revision/, { status: 200, body: Buffer.alloc((16 << 20) + 1, ' ') });
    await expect(home.pull()).rejects.toThrow('more than 16777216 bytes');
    await expect(home.pull('acme/tiny', { maxBytes: 600 })).rejects.toThrow('more than 600 (--max-bytes)');
    for (let i = 0; i < 10_000; i++) model.files[`${i}`] = '';
    home.hub.pageSize = 20_000;
    await expect(home.pull()).rejects.toThrow('more than 10000 files');
  });
});

describe('a model that cannot be run', () => {
  it('says that it has no ONNX graph, or which precisions there are', async () => {
    await expect(home.pull('acme/tiny', { precision: 'q4' })).rejects.toThrow(
      'no graph in q4; there is: int8, fp32',
    );
    delete model.files[GRAPH];
    delete model.files['onnx/model.onnx'];
    await expect(home.pull()).rejects.toThrow('acme/tiny has no ONNX graph');
  });

  it('for want of a tokenizer or of a config that is one says so', async () => {
    model.files['config.json'] = '[]';
    await expect(home.pull()).rejects.toThrow('config.json');
    expectNoModel();
    delete model.files['tokenizer.json'];
    await expect(home.pull()).rejects.toThrow('it has no tokenizer.json');
  });
});

describe('redirects', () => {
  it('to another host are followed without the token', async () => {
    home.env = { HUGGING_FACE_HUB_TOKEN: 'any-token-of-a-mirror' };
    home.hub.redirects = true;
    await home.pull();
    const bearer = 'Bearer any-token-of-a-mirror';
    const [elsewhere, own] = [true, false].map((is) =>
      home.hub.seen.filter((request) => request.isElsewhere === is),
    );
    expect(elsewhere!.map(({ authorization }) => authorization)).toEqual([undefined]);
    expect(new Set(own!.map(({ authorization }) => authorization))).toEqual(new Set([bearer]));
    expect(home.read(GRAPH)).toBe(CONTENT);
  });

  it('are followed again for the rest of a broken download', async () => {
    home.hub.redirects = true;
    home.hub.fail(/signature/, { endAfter: 50 });
    await home.pull();
    const far = home.hub.seen.filter(({ isElsewhere }) => isElsewhere);
    expect(far.map(({ range }) => range)).toEqual([undefined, 'bytes=50-']);
  });

  it('whose link has expired are asked for anew', async () => {
    home.env = { HF_TOKEN: 'hf_secret' };
    home.hub.redirects = true;
    home.hub.fail(/signature/, { status: 403 });
    await home.pull();
    expect(rangesOf(GRAPH)).toHaveLength(2);
    expect(home.read(GRAPH)).toBe(CONTENT);
  });

  it('in circles, to nowhere or to files of this machine are refused', async () => {
    const to = (location: string) => ({ status: 302, headers: { location } });
    home.hub.fail(download, to(`/acme/tiny/resolve/${COMMIT}/${GRAPH}`), 100);
    await expect(home.pull()).rejects.toThrow('round in circles');
    for (const location of ['file:///etc/hostname', 'http://']) {
      home.hub.fail(/resolve.*LICENSE/, to(location));
      const { files } = model;
      files.LICENSE = `other ${location}`;
      await expect(home.pull()).rejects.toThrow('an address that is not taken');
    }
    expectNoModel();
  });
});

it('a full disk is told of, leaves no half model, and the next pull goes on', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const pull = home.pull('acme/tiny', {
    openPartial: async (path, fresh) => {
      const file = await openPartial(path, fresh);
      if (!path.includes('model_quantized')) return file;
      // A disk takes what fits, then no more.
      return {
        ...file,
        write: (bytes) => file.write(bytes.subarray(0, 200)).then(() => Promise.reject(full)),
      };
    },
  });
  await expect(pull).rejects.toThrow(`the disk of ${home.storeDir} is full; what came so far is kept`);
  expectNoModel();
  home.hub.seen.length = 0;
  await home.pull();
  expect(rangesOf(GRAPH)).toEqual(['bytes=200-']);
  expect(home.hub.downloads).toEqual([GRAPH]);
  expect(home.read(GRAPH)).toBe(CONTENT);
});
