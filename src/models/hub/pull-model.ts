import { copyFileSync, existsSync, linkSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { makeFolder } from '../../base/make-folder.js';
import type { Precision } from '../graph-files.js';
import { type FileFacts, type Manifest, readManifest, writeManifest } from '../manifest.js';
import { revisionOf } from '../model-files.js';
import type { ModelName } from '../model-name.js';
import { ModelStoreError } from '../model-store-error.js';
import { readKind } from '../read-kind.js';
import { StoredFolder } from '../store-folders.js';
import { withStoreLock } from '../store-lock.js';
import { verifyFolder } from '../verify-folder.js';
import { chooseFiles } from './choose-files.js';
import { downloadFile, matches, type OpenPartial, openPartial } from './download-file.js';
import type { HubConnection } from './hub-connection.js';
import { HubError } from './hub-error.js';
import { type HubFile, type HubModel, readHubModel } from './read-hub-model.js';
import type { RetryOptions } from './retry.js';

const NO_SPACE = ['ENOSPC', 'EDQUOT'];

export interface PullOptions {
  readonly name: ModelName;
  readonly storeDir: string;
  readonly connection: HubConnection;
  /** Default: the best there is, see `chooseGraph`. */
  readonly precision?: Precision | undefined;
  /** Whether a model of another commit may be replaced though no revision was asked for. */
  readonly force: boolean;
  /** Most bytes of all files together. */
  readonly maxBytes: number;
  readonly retries: RetryOptions;
  readonly watch?: PullWatch;
  readonly openPartial?: OpenPartial;
}

/** Who wants to see how a pull goes. */
export interface PullWatch {
  /** What is to be had, before the first byte. */
  onPlan?(model: HubModel, bytes: number): void;
  /** A file begins. */
  onFile?(file: HubFile): void;
  /** How much of all files is there. */
  onBytes?(bytes: number): void;
}

export interface PullResult {
  readonly manifest: Manifest;
  readonly folder: string;
  /** `present`: it was there, whole, of the same commit; nothing was changed. */
  readonly outcome: 'pulled' | 'replaced' | 'present';
}

/**
 * Brings a model of a hub into the store: its revision as a commit, only the files it needs, each checked, all of them in
 * a folder beside the model's that takes its place at the end. What an earlier try brought of the same commit, and what
 * an installed model has already, is not brought again. Rejects with `ModelStoreError`; the store is then as it was, but
 * for what may be gone on with.
 */
export async function pullModel(options: PullOptions): Promise<PullResult> {
  const { access } = options.connection;
  if (access.isOffline) throw new ModelStoreError('HF_HUB_OFFLINE is set, so nothing is pulled');
  return withStoreLock(options.storeDir, async () => {
    try {
      return await new Pull(options).run();
    } catch (cause) {
      if (!NO_SPACE.includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
      throw new ModelStoreError(
        `the disk of ${options.storeDir} is full; what came so far is kept, and the same command goes on with it`,
        { cause },
      );
    }
  });
}

class Pull {
  private readonly folder: StoredFolder;

  constructor(private readonly options: PullOptions) {
    const { name, storeDir } = options;
    this.folder = new StoredFolder(join(storeDir, name.organisation, name.model), name.model);
  }

  async run(): Promise<PullResult> {
    const { folder, options } = this;
    const model = await readHubModel(options.connection, options.name, options.retries);
    folder.tidy(model.commit);
    const installed = this.installed();
    this.assertReplaceable(model, installed);
    const same = installed?.source?.commit === model.commit ? installed : undefined;
    const files = this.plan(model, same);
    if (same !== undefined && (await this.isWhole(same, files))) {
      return { manifest: same, folder: folder.target, outcome: 'present' };
    }
    const facts = await this.gather(model, files);
    const manifest = this.manifest(model, facts, same?.tau);
    const staging = folder.staging(model.commit);
    removeOthers(staging, Object.keys(facts));
    writeManifest(staging, manifest);
    const outcome = existsSync(folder.target) ? 'replaced' : 'pulled';
    folder.install(model.commit);
    return { manifest, folder: folder.target, outcome };
  }

  /** The manifest of the model that is there; one that cannot be read counts as none. */
  private installed(): Manifest | undefined {
    try {
      return readManifest(this.folder.target);
    } catch (cause) {
      if (cause instanceof ModelStoreError) return undefined;
      throw cause;
    }
  }

  private assertReplaceable(model: HubModel, installed: Manifest | undefined): void {
    const { force, name } = this.options;
    if (force || name.revision !== undefined || !existsSync(this.folder.target)) return;
    const there = installed?.source?.commit;
    if (there === model.commit) return;
    const what = there === undefined ? 'that was not pulled from a hub' : `of commit ${there}`;
    throw new ModelStoreError(
      `${model.repository} is there in a revision ${what}; the hub has ${model.commit}. --force or @REVISION replaces it`,
    );
  }

  /** What is to be had, small files first; another precision of the same commit comes beside what is there. */
  private plan(model: HubModel, same: Manifest | undefined): HubFile[] {
    const { precision, maxBytes, watch } = this.options;
    const needed = new Set(chooseFiles(model, precision));
    const files = model.files
      .filter((file) => needed.has(file) || Object.hasOwn(same?.files ?? {}, file.path))
      .sort((a, b) => a.bytes - b.bytes);
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > maxBytes) {
      throw new HubError(`${model.repository} has ${bytes} bytes, more than ${maxBytes} (--max-bytes)`);
    }
    watch?.onPlan?.(model, bytes);
    return files;
  }

  private async isWhole(installed: Manifest, files: readonly HubFile[]): Promise<boolean> {
    return (
      files.every(({ path }) => Object.hasOwn(installed.files, path)) &&
      (await verifyFolder(this.folder.target, installed)).length === 0
    );
  }

  /** Brings all files to where they are gathered; answers what the manifest says of each. */
  private async gather(model: HubModel, files: readonly HubFile[]): Promise<Record<string, FileFacts>> {
    const { watch } = this.options;
    const facts: Record<string, FileFacts> = {};
    let done = 0;
    for (const file of files) {
      watch?.onFile?.(file);
      const sha256 = await this.bring(model, file, (bytes) => watch?.onBytes?.(done + bytes));
      facts[file.path] = { sha256, bytes: file.bytes };
      done += file.bytes;
      watch?.onBytes?.(done);
    }
    return facts;
  }

  private async bring(model: HubModel, file: HubFile, onBytes: (bytes: number) => void): Promise<string> {
    const { connection, retries } = this.options;
    const target = join(this.folder.staging(model.commit), file.path);
    makeFolder(dirname(target));
    if (!existsSync(target)) takeOver(join(this.folder.target, file.path), target);
    const there = await matches(target, file);
    if (there !== undefined) return there;
    rmSync(target, { force: true });
    const { endpoint } = connection.access;
    return downloadFile({
      connection,
      url: `${endpoint}/${model.repository}/resolve/${model.commit}/${file.path}`,
      what: `${model.repository}: ${file.path}`,
      file,
      target,
      openPartial: this.options.openPartial ?? openPartial,
      retries,
      onBytes,
    });
  }

  private manifest(model: HubModel, files: Manifest['files'], tau: Manifest['tau']): Manifest {
    const { endpoint } = this.options.connection.access;
    return {
      version: 1,
      name: model.repository,
      ...readKind(this.folder.staging(model.commit)),
      description: `${model.repository} as of ${new URL(endpoint).host}`,
      revision: revisionOf(model.commit),
      licence: model.licence,
      ...(tau !== undefined && { tau }),
      source: { endpoint, repository: model.repository, commit: model.commit },
      files,
    };
  }
}

/** Gives a file of the installed model a second name, or a copy; whether it is the right one is seen by its checksum. */
function takeOver(from: string, to: string): void {
  if (!existsSync(from)) return;
  try {
    linkSync(from, to);
  } catch {
    // A file system without links.
    copyFileSync(from, to);
  }
}

/** Removes what an earlier try for other files left. */
function removeOthers(folder: string, paths: readonly string[]): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isWanted = paths.includes(relative(folder, path).split(sep).join('/'));
    if (!entry.isDirectory() && !isWanted) rmSync(path, { force: true });
  }
}
