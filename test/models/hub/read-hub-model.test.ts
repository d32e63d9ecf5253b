import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../src/base/clock.js';
import { seededRandom } from '../../../src/base/random.js';
import { readHubAccess } from '../../../src/models/hub/hub-access.js';
import { HubConnection } from '../../../src/models/hub/hub-connection.js';
import { readHubModel } from '../../../src/models/hub/read-hub-model.js';
import { parseModelName } from '../../../src/models/model-name.js';
import { COMMIT, FakeHub } from '../../fixtures/fake-hub.js';

let hub: FakeHub;
let connection: HubConnection;

beforeEach(async () => {
  hub = await FakeHub.start();
  connection = new HubConnection(readHubAccess({ HF_ENDPOINT: hub.endpoint }), new ManualClock());
});

afterEach(async () => {
  await connection.close();
  await hub.close();
});

const read = () =>
  readHubModel(connection, parseModelName('acme/tiny')!, { backoffMs: 1, random: seededRandom(1) });

it('a model’s files have the checksum of their kind; names that are no safe paths are left out', async () => {
  const unsafe = [
    '../config.json',
    '/etc/config.json',
    'onnx/../../x',
    'a\\b',
    '.git/config',
    'aux.json',
    '',
  ];
  hub.models['acme/tiny']!.files = {
    'a.json': '',
    'a.onnx': '',
    ...Object.fromEntries(unsafe.map((name) => [name, ''])),
  };
  expect(await read()).toEqual({
    repository: 'acme/tiny',
    commit: COMMIT,
    licence: 'mit',
    // Of nothing, as `git hash-object` and `sha256sum` have it.
    files: [
      {
        path: 'a.json',
        bytes: 0,
        checksum: { kind: 'git', value: 'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391' },
      },
      {
        path: 'a.onnx',
        bytes: 0,
        checksum: {
          kind: 'sha256',
          value: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        },
      },
    ],
  });
});

it('entries without a path, or of another kind than a file, are passed over', async () => {
  hub.models['acme/tiny']!.describe = (path) => ({
    type: path === 'LICENSE' ? 'file' : 'submodule',
    path: 7,
  });
  expect((await read()).files).toEqual([]);
});
