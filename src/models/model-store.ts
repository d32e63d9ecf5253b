import { readFileSync, statSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFolder } from '../base/make-folder.js';
import { describeFolder } from './describe-folder.js';
import { type Manifest, readManifest } from './manifest.js';
import { factsOfBytes, namesIn } from './model-files.js';
import { isPart, parseModelName } from './model-name.js';
import { ModelStoreError } from './model-store-error.js';
import { assertRegular } from './regular-file.js';

/** The models that come with the program. */
export const BUNDLED_MODELS = fileURLToPath(new URL('../../models', import.meta.url));

/** Where models lie; all absolute. */
export interface ModelPlaces {
  /** Bundled models, a folder each. */
  readonly bundledDir: string;
  /** Pulled models, by `ORG/NAME`; need not exist. */
  readonly storeDir: string;
  /** Folder against which relative paths of models stand. */
  readonly cwd: string;
}

/** A model that lies somewhere. */
export interface ModelFolder {
  /** That of the store or the bundle; of another folder the manifest's, or the folder's own. */
  readonly name: string;
  /** Absolute. */
  readonly folder: string;
  readonly place: 'bundled' | 'store' | 'folder';
  /** Undefined where the folder has none: there is nothing to check it against. */
  readonly manifest: Manifest | undefined;
}

/** A model among others, one of which may be damaged. */
export type ListedModel = ModelFolder & {
  /** What is wrong with its manifest. */
  readonly problem?: string;
};

/** A model's files, checked as they are read. */
export interface ModelFiles {
  readonly name: string;
  /** What its manifest says, or what was found where it has none. */
  readonly entry: Manifest;
  /**
   * A file's bytes. Throws `ModelStoreError` that names the file where it is not listed, cannot be read, or differs in
   * length or SHA-256 from the manifest. About 1 ms a megabyte.
   */
  read(file: string): Buffer;
  /** A text file, checked likewise. */
  readText(file: string): string;
}

/** Models by name: bundled ones, those of the model store, and folders anywhere. Looks at the disk at every call. */
export class ModelStore {
  constructor(private readonly places: ModelPlaces) {}

  /** All bundled and stored models, by name within each place. One that is damaged is told of, and hides no other. */
  list(): ListedModel[] {
    const { bundledDir, storeDir } = this.places;
    const bundled = folders(bundledDir).map((name) => listed(name, join(bundledDir, name), 'bundled'));
    const stored = folders(storeDir).flatMap((organisation) =>
      folders(join(storeDir, organisation)).map((model) =>
        listed(`${organisation}/${model}`, join(storeDir, organisation, model), 'store'),
      ),
    );
    return [...bundled, ...stored];
  }

  /**
   * Where a model lies. `./x`, `../x` and absolute paths are folders; any other name is that of a stored model
   * (`ORG/NAME`), else of a bundled one, else of a folder. Throws `ModelStoreError` that lists the names there are, or
   * says what is wrong with the manifest.
   */
  find(name: string): ModelFolder {
    const { bundledDir, cwd } = this.places;
    if (name.includes('\0')) throw new ModelStoreError('a name of a model holds no NUL');
    const isPath = isAbsolute(name) || /^\.\.?([/\\]|$)/.test(name);
    const stored = isPath ? undefined : this.storedFolder(name);
    if (stored !== undefined && isFolder(stored)) return found(name, stored, 'store');
    if (isPart(name) && isFolder(join(bundledDir, name)))
      return found(name, join(bundledDir, name), 'bundled');
    const folder = resolve(cwd, name);
    if (name !== '' && isFolder(folder)) return found(undefined, folder, 'folder');
    const names = this.list().map((model) => model.name);
    throw new ModelStoreError(
      `no model ${JSON.stringify(name)}: no folder of that name, and the models there are: ${names.join(', ')}`,
    );
  }

  /** Opens a model to read its files, each checked. Throws as `find` does. */
  open(name: string): ModelFiles {
    const model = this.find(name);
    const entry = model.manifest ?? describeFolder(model.folder);
    const read = (file: string) => readChecked(model.folder, file, entry);
    return { name: model.name, entry, read, readText: (file) => read(file).toString('utf8') };
  }

  /** The folder that `ORG/NAME` has in the store, whether it is there or not; undefined for any other name. */
  storedFolder(name: string): string | undefined {
    const parsed = parseModelName(name);
    if (parsed === undefined || parsed.revision !== undefined) return undefined;
    return join(this.places.storeDir, parsed.organisation, parsed.model);
  }
}

function found(name: string | undefined, folder: string, place: ModelFolder['place']): ModelFolder {
  const manifest = readManifest(folder);
  return { name: name ?? manifest?.name ?? basename(folder), folder, place, manifest };
}

function listed(name: string, folder: string, place: ModelFolder['place']): ListedModel {
  try {
    return found(name, folder, place);
  } catch (error) {
    if (!(error instanceof ModelStoreError)) throw error;
    return { name, folder, place, manifest: undefined, problem: error.message };
  }
}

/** Names of the folders in a folder that may be those of models, sorted; none where it is not there. */
function folders(folder: string): string[] {
  return namesIn(folder)
    .filter((name) => isPart(name) && isFolder(join(folder, name)))
    .sort();
}

function readChecked(folder: string, file: string, entry: Manifest): Buffer {
  const location = join(folder, file);
  const expected = Object.hasOwn(entry.files, file) ? entry.files[file] : undefined;
  if (expected === undefined) {
    throw new ModelStoreError(`model file ${location} is not in the manifest`);
  }
  const bytes = readFile(location, expected.bytes);
  if (factsOfBytes(bytes).sha256 !== expected.sha256) {
    throw new ModelStoreError(`model file ${location} is damaged: its SHA-256 is not the manifest's`);
  }
  return bytes;
}

/** Told by its length before it is read: it may be far too long. */
function readFile(location: string, bytes: number): Buffer {
  try {
    const stats = statSync(location);
    assertRegular(stats);
    if (stats.size === bytes) return readFileSync(location);
    throw new ModelStoreError(`model file ${location} has ${stats.size} bytes, the manifest says ${bytes}`);
  } catch (cause) {
    if (cause instanceof ModelStoreError) throw cause;
    throw new ModelStoreError(`cannot read model file ${location}: ${(cause as Error).message}`, { cause });
  }
}
