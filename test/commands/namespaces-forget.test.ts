import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/base/settings/load-settings.js';
import { stateForCommands } from '../../src/compose-state.js';
import { CACHE_FILE, openWorkerCache } from '../../src/stores/worker-cache.js';
import { AppHome } from '../app/app-home.js';
import { DURABLE_MODES, filesWith as filesOf, storedRows } from '../app/stored.js';
import { CommandLine } from '../fixtures/command-line.js';

const QUERY = 'where do ships go in winter';
const OTHER = 'what to bake on a cold day';
const ID = 'patient-4711-file';
const LONG_ID = `patient-${'9'.repeat(300)}`;
const DOCUMENTS = [ID, LONG_ID, 'b', 'c', 'd', 'e'].map((id, i) => ({
  id,
  text: `text ${i} of ships and bread`,
}));

let home: AppHome;
let line: CommandLine;
beforeEach(() => {
  home = new AppHome();
  line = new CommandLine();
  line.env = { NEURALCACHE_STORAGE_DIR: home.folder };
  line.storedState = stateForCommands;
  keepBy({});
});
afterEach(async () => {
  line.remove();
  await home.remove();
});

/** Two namespaces learn of the same documents: `shop` chose the first for one query and passed it over for another. */
async function learn(settings: Readonly<Record<string, string>> = {}): Promise<void> {
  const app = await home.start({ ...mode, ...settings });
  for (const namespace of ['shop', 'blog']) {
    for (const [query, selected] of [
      [QUERY, ID],
      [OTHER, 'c'],
    ] as const) {
      const { requestId } = await app.rank(namespace, query, { documents: DOCUMENTS });
      await app.feedback(namespace, { request_id: requestId, selected_ids: [selected] });
    }
    await app.rank(namespace, 'never answered', { documents: DOCUMENTS });
  }
  await app.stop();
}

let mode: Readonly<Record<string, string>> = {};
/** Keeps state in this way from here on. */
function keepBy(settings: Readonly<Record<string, string>>): void {
  mode = settings;
  for (const [name, value] of Object.entries(settings)) line.env[`NEURALCACHE_${name}`] = value;
}

function dump() {
  return storedRows(home.folder, mode);
}

function filesWith(text: string): string[] {
  return filesOf(home.folder, text);
}

function forget(namespace: string, id: string) {
  return line.run(['namespaces', 'forget', namespace, '--document', id, '--json']);
}

describe('namespaces forget', () => {
  it.each([ID, LONG_ID])(
    'erases a document from all records of a namespace, and says how many (%#)',
    async (id) => {
      await learn();
      const before = await dump();
      const run = await forget('shop', id);
      expect([run.exitCode, run.stderr]).toEqual([0, '']);
      const wasChosen = id === ID;
      expect(JSON.parse(run.stdout)).toEqual({
        namespace: 'shop',
        cells: 2,
        documents: 1,
        impressions: 3,
        narratives: wasChosen ? 2 : 0, // of the one query, and of the namespace
        left: 0,
      });
      const after = await dump();
      expect(after.get('blog')).toEqual(before.get('blog'));
      const kinds = (rows: readonly { kind: string }[]) =>
        ['cell', 'document', 'impression', 'used', 'frequencies'].map(
          (kind) => rows.filter((row) => row.kind === kind).length,
        );
      const [cells, documents, impressions, ...others] = kinds(before.get('shop')!);
      expect(kinds(after.get('shop')!)).toEqual([cells, documents! - 1, impressions! - 3, ...others]);
      for (const { key, kind, value } of after.get('shop')!) {
        if (kind !== 'cell') continue;
        const { documents, narrative } = JSON.parse(value);
        const earlier = JSON.parse(before.get('shop')!.find((row) => row.key === key)!.value);
        expect(documents).toHaveLength(5);
        const gone = earlier.documents.filter(
          ([k]: [string]) => !documents.some(([kept]: [string]) => kept === k),
        );
        expect(gone).toHaveLength(1);
        expect(narrative).toBe(gone[0][1] > 0 ? null : earlier.narrative);
      }
      const again = await forget('shop', id);
      expect(JSON.parse(again.stdout)).toMatchObject({
        cells: 0,
        documents: 0,
        impressions: 0,
        narratives: 0,
      });
    },
  );

  it('drops the vectors that are kept of the namespace, and of no other', async () => {
    await learn();
    const openVectors = () =>
      openWorkerCache({ path: join(home.folder, CACHE_FILE), maxBytes: 1 << 20, clock: home.clock });
    const before = openVectors();
    for (const namespace of ['shop', 'blog'])
      before.put(namespace, [{ key: 'vector/a', value: Uint8Array.of(1) }]);
    await before.close();
    await forget('shop', ID);
    const after = openVectors();
    expect(await after.getMany('shop', ['vector/a'])).toEqual([undefined]);
    expect(await after.getMany('blog', ['vector/a'])).toEqual([Uint8Array.of(1)]);
    await after.close();
  });

  it.each(DURABLE_MODES)('leaves no byte of it in the files ($mode)', async ({ settings }) => {
    keepBy(settings);
    await learn();
    expect(filesWith(ID)).not.toEqual([]);
    await forget('shop', ID);
    expect(filesWith(ID)).not.toEqual([]); // another namespace has its own
    await forget('blog', ID);
    expect(filesWith(ID)).toEqual([]);
    expect([...(await dump()).keys()]).toEqual(['blog', 'shop']);
  });

  it('finds it where ids are hashed, whichever way the setting is now', async () => {
    await learn({ PRIVACY_HASH_IDS: 'true' });
    expect(filesWith(ID)).toEqual([]);
    const run = await forget('shop', ID);
    expect(JSON.parse(run.stdout)).toMatchObject({ cells: 2, documents: 1, impressions: 3, left: 0 });
    expect(
      home
        .dump()
        .get('shop')!
        .filter(({ kind }) => kind === 'document'),
    ).toHaveLength(5);
  });

  it('says so where ids were hashed under another key, and changes nothing', async () => {
    await learn({ PRIVACY_HASH_IDS: 'true', STORAGE_HASH_KEY: 'a key of sixteen characters' });
    const before = await dump();
    const run = await forget('shop', ID);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/hashed under another key/);
    expect(await dump()).toEqual(before);
    line.env.NEURALCACHE_STORAGE_HASH_KEY = 'a key of sixteen characters';
    expect((await forget('shop', ID)).exitCode).toBe(0);
  });

  it('lets the rest of what was learned be used, and the document learn anew', async () => {
    await learn();
    await forget('shop', ID);
    const app = await home.start(mode);
    const { body } = await app.rank('shop', OTHER, { documents: DOCUMENTS, learn: false, explain: true });
    const explained = JSON.stringify(body);
    expect(explained).not.toContain('NaN');
    const feedback = async (query: string) => {
      const { requestId } = await app.rank('shop', query, { documents: DOCUMENTS });
      return (await app.feedback('shop', { request_id: requestId, selected_ids: [ID] })).status;
    };
    expect(await feedback(QUERY)).toBe(200);
  });

  it('prints a sentence for people', async () => {
    await learn();
    const run = await line.run(['namespaces', 'forget', 'shop', '--document', ID]);
    expect(run.stdout).toBe(
      'Forgot the document in shop: 6 records changed (2 queries, 1 of the namespace, 3 impressions), ' +
        '2 narratives begin anew; none is left\n',
    );
    const none = await line.run(['namespaces', 'forget', 'shop', '--document', 'nobody']);
    expect([none.exitCode, none.stdout]).toEqual([0, 'Nothing in shop holds the document\n']);
  });

  it('of an unknown namespace ends with 1 and says which, and makes nothing', async () => {
    const run = await forget('shops', ID);
    expect(run).toEqual({ exitCode: 1, stdout: '', stderr: 'Namespace not found: shops\n' });
    expect(readdirSync(home.folder)).toEqual([]);
  });

  it('refuses while a server owns the folder, and says why', async () => {
    await learn();
    const app = await home.start(mode);
    const before = await dump();
    const run = await forget('shop', ID);
    expect([run.exitCode, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toMatch(
      /^Cannot forget a document of shop while a server runs: .* is owned by process \d+; stop it first\n$/,
    );
    expect(await dump()).toEqual(before);
    await app.stop();
  });

  it('is called wrongly without a document', async () => {
    const run = await line.run(['namespaces', 'forget', 'shop']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('--document');
  });

  it('does not say it is gone while a damaged record still holds it', async () => {
    await learn();
    const settings = loadSettings({ env: line.env, cwd: line.folder }).settings;
    const owner = await stateForCommands.openOwner(settings);
    const value = `{"format":1,"documents":[["i:${ID}",1`;
    await owner.commit('shop', [{ put: { kind: 'cell', key: 'broken', value } }]);
    await owner.close();
    const run = await forget('shop', ID);
    expect([run.exitCode, run.stdout]).toEqual([1, '']);
    expect(run.stderr).toContain('1 damaged records of shop still hold the document');
    expect(
      home
        .dump()
        .get('shop')!
        .find(({ key }) => key === 'broken')!.value,
    ).toBe(value);
  });
});
