import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerModelsCalibrate } from '../../src/commands/models-calibrate.js';
import type { StoredState } from '../../src/commands/stored-state.js';
import { distil } from '../../src/distillation/distil.js';
import { writeStaticModel } from '../../src/distillation/write-static-model.js';
import { readManifest } from '../../src/models/manifest.js';
import { ModelStore } from '../../src/models/model-store.js';
import type { Cell } from '../../src/namespaces/cell.js';
import { cellRow } from '../../src/namespaces/records.js';
import { MemoryStore } from '../../src/stores/memory.js';
import { syntheticCollection, writeCollection } from '../fixtures/collection.js';
import { FakeEncoder } from '../fixtures/fake-encoder.js';
import { lessonTeacher } from '../fixtures/lesson-teacher.js';
import { runCommand } from '../fixtures/run-measurement.js';

let folder: string;
let store: MemoryStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'calibrate-'));
  store = new MemoryStore({ namespaceBytes: 1e6, totalBytes: 1e6 });
  await writeCollection(join(folder, 'needs'), syntheticCollection({ needs: 12, wordings: 6 }));
  const model = await distil(lessonTeacher(), [], { dimensions: 8, lambda: 1, steps: 1 });
  const teacher = { name: 'fake', revision: 'v1', licence: 'MIT' };
  const origin = { name: 'mine', teacher, recipe: { lambda: 1, steps: 1 }, textCharacters: 1 };
  writeStaticModel(join(folder, 'mine'), model, origin, { replace: false });
});
afterEach(() => rmSync(folder, { recursive: true }));

function calibrate(args: readonly string[], { hasModel = true, terminal = false } = {}) {
  const asked: (string | undefined)[] = [];
  const modelFolder = join(folder, 'mine');
  const models = new ModelStore({ bundledDir: folder, storeDir: folder, cwd: folder });
  const storedState = { openReader: async () => store } as unknown as StoredState;
  const run = runCommand(
    (program, context, createService) =>
      registerModelsCalibrate(program, context, {
        createService,
        storedState,
        openEncoder: async (_, name) => {
          asked.push(name);
          const model = { folder: modelFolder, files: models.open('./mine') };
          return { encoder: new FakeEncoder(), model: hasModel ? model : null, close: async () => {} };
        },
      }),
    ['calibrate', ...args],
    { cwd: folder, terminal },
  );
  return run.then((result) => ({ ...result, asked }));
}

const tau = () => readManifest(join(folder, 'mine'))?.tau;

/** Remembers queries, each of a need: its key points into the need's direction, and so does what was accepted. */
async function remember(needs: number, wordings: number, encoder = 'fake@v1'): Promise<void> {
  const cells = Array.from({ length: needs * wordings }, (_, place): Cell => {
    const need = place % needs;
    const key = new Float32Array(32);
    key[need % 32] = 1;
    return {
      id: `cell ${place}`,
      encoder,
      key,
      guard: { numbers: '', negations: 0, words: [] },
      feedbacks: 1,
      decayedAt: 0,
      narrative: null,
      mass: 0,
      documents: new Map([
        [`accepted ${need}`, { S: 1, W: 2, textHash: 'x', bits: null }],
        ['shown to all', { S: 0, W: 2, textHash: 'x', bits: null }],
      ]),
    };
  });
  await store.commit(
    'shop',
    cells.map((cell) => ({ put: cellRow(cell) })),
  );
}

describe('models calibrate on a collection', () => {
  it('measures, prints a table and writes τ into the model’s manifest', async () => {
    const before = readManifest(join(folder, 'mine'));
    const { stdout, stderr, asked, error, closed, overrides } = await calibrate(['needs', '--model', 'mine']);
    expect([error, stderr, asked, closed]).toEqual([undefined, '', ['mine'], [true]]);
    expect(overrides[0]).toMatchObject({ STORAGE_BACKEND: 'memory' });
    expect(stdout).toContain(
      'fake on 72 queries of needs, in the base order of tally, rewordings by its groups',
    );
    expect(stdout).toMatch(/│ related +│ 180 +│ (-?[01]\.\d{3} +│ ){7}\d+\.\d % +│/);
    expect(stdout).toMatch(/│ unrelated +│ 2376 +│/);
    const [, measured] = /τ = (0\.\d+): \d\.\d % of the queries find an unrelated one \(4\.5 % may\)/.exec(
      stdout,
    )!;
    expect(tau()).toEqual({ value: Number(measured), version: 'v1' });
    expect(readManifest(join(folder, 'mine'))).toEqual({ ...before, tau: tau() });
    expect(stdout).toContain("noted in the model's manifest, which was 0.8");
  });

  it('prints JSON, and writes nothing when told so', async () => {
    const { stdout } = await calibrate(['needs', '--json', '--dry-run'], { terminal: true });
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'fake',
      before: 0.8,
      written: false,
      queries: 72,
      related: { pairs: 180 },
      unrelated: { pairs: 2376 },
    });
    expect(tau()).toBeUndefined();
  });

  it('shows progress on a terminal', async () => {
    expect((await calibrate(['needs'], { terminal: true })).stderr).toContain('calibrate [');
  });

  it('has to be a dry run for an encoder without a manifest', async () => {
    const { error } = await calibrate(['needs'], { hasModel: false });
    expect(error?.message).toContain('fake has no manifest to write to');
    expect((await calibrate(['needs', '--dry-run'], { hasModel: false })).error).toBeUndefined();
  });

  it('says so where there are too few queries, or no such folder', async () => {
    await writeCollection(join(folder, 'few'), syntheticCollection({ needs: 4, wordings: 2 }));
    expect((await calibrate(['few'])).error?.message).toContain('8 queries are too few');
    expect((await calibrate(['none'])).error?.message).toContain('queries.jsonl');
    expect(tau()).toBeUndefined();
  });

  it.each([[[]], [['needs', '--from-namespace', 'shop']]])('is called wrongly with %s', async (args) => {
    expect((await calibrate(args)).error).toMatchObject({ exitCode: 2 });
  });
});

describe('models calibrate on a namespace', () => {
  it('takes queries that share an accepted document as related, all others as unrelated', async () => {
    await remember(30, 2);
    const { stdout, error } = await calibrate(['--from-namespace', 'shop', '--json']);
    expect(error).toBeUndefined();
    // 30 pairs of the same need with cosine 1; all others stand at right angles.
    expect(JSON.parse(stdout)).toMatchObject({
      source: 'namespace shop',
      queries: 60,
      tau: 0.01,
      related: { pairs: 30, found: 1 },
      unrelated: { pairs: (60 * 59) / 2 - 30, found: 0 },
    });
    expect(tau()?.value).toBe(0.01);
  });

  it('leaves out what another encoder made, and says so where too little is left', async () => {
    await remember(30, 2, 'other@v1');
    const { error } = await calibrate(['--from-namespace', 'shop']);
    expect(error?.message).toBe(
      'shop remembers 0 queries with a key by fake and something accepted; 50 are needed',
    );
  });

  it('leaves out damaged records', async () => {
    await remember(30, 2);
    await store.commit('shop', [{ put: { kind: 'cell', key: 'broken', value: '{' } }]);
    const { stdout } = await calibrate(['--from-namespace', 'shop', '--json']);
    expect(JSON.parse(stdout).queries).toBe(60);
  });

  it('says so where there is no such namespace', async () => {
    expect((await calibrate(['--from-namespace', 'nowhere'])).error?.message).toBe(
      'Namespace not found: nowhere',
    );
  });
});
