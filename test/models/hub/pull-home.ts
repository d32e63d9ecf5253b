import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../../src/base/clock.js';
import { seededRandom } from '../../../src/base/random.js';
import { readHubAccess } from '../../../src/models/hub/hub-access.js';
import { HubConnection } from '../../../src/models/hub/hub-connection.js';
import { type PullOptions, type PullResult, pullModel } from '../../../src/models/hub/pull-model.js';
import { parseModelName } from '../../../src/models/model-name.js';
import { FakeHub } from '../../fixtures/fake-hub.js';

/** A store in a temporary folder, and a fake hub to pull from. Call `close` at the end. */
export class PullHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'pull-'));
  readonly storeDir = join(this.folder, 'store');
  readonly clock = new ManualClock();
  /** What was said before each further try. */
  readonly retried: string[] = [];
  env: Record<string, string> = {};
  /** Longest silence of the hub, ms. */
  stallMs = 5000;

  private constructor(readonly hub: FakeHub) {}

  static async open(): Promise<PullHome> {
    return new PullHome(await FakeHub.start());
  }

  async pull(name = 'acme/tiny', options: Partial<PullOptions> = {}): Promise<PullResult> {
    const access = readHubAccess({ HF_ENDPOINT: this.hub.endpoint, ...this.env });
    const timeouts = { connectMs: 5000, stallMs: this.stallMs };
    const connection = new HubConnection(access, this.clock, timeouts);
    try {
      return await pullModel({
        name: parseModelName(name)!,
        storeDir: this.storeDir,
        connection,
        force: false,
        maxBytes: 1e6,
        retries: {
          backoffMs: 1,
          random: seededRandom(1),
          onRetry: (message) => this.retried.push(message),
        },
        ...options,
      });
    } finally {
      await connection.close();
    }
  }

  /** Path of something of the model in the store. */
  path(...parts: string[]): string {
    return join(this.storeDir, 'acme', 'tiny', ...parts);
  }

  read(file: string): string {
    return readFileSync(this.path(file), 'utf8');
  }

  /** All files below a folder, hidden ones too, sorted. */
  files(folder = this.folder): string[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort();
  }

  async close(): Promise<void> {
    await this.hub.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
