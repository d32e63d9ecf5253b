import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { decodeFileName, encodeFileName } from './file-name.js';
import { LOCK_FILE, OWNER_FILE } from './lock.js';
import { PROBE_FILE } from './probe-folder.js';

const PLACE = '{namespace}';
/** What files of ours beside those of the templates are called. */
const OWN_FILES = [
  'neuralcache.db',
  PROBE_FILE,
  'neuralcache.clock',
  'neuralcache.mode',
  LOCK_FILE,
  OWNER_FILE,
  'hash.key',
] as const;
/** What is put behind a template's path for files that belong to it; `.damaged-…` never ends in an extension. */
const COMPANIONS = ['.next', '.journal', '.journal.next', '.new', '.salvaged', '.salvaged.new'] as const;
/** Leaves room for a name of 64 characters and for what is put behind, of the 255 bytes that file systems allow. */
const MAX_FIXED_CHARACTERS = 140;

/** A template that cannot be used; `setting` is the one it was given by. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';

  constructor(
    readonly setting: string,
    reason: string,
  ) {
    super(`${setting}: ${reason}`);
  }
}

/** Where the file of each namespace is. */
export interface TemplatePaths {
  /** The folder that holds one entry for each namespace: a file, or a folder that has the file. */
  readonly folder: string;
  pathOf(namespace: string): string;
  /** Whose entry of `folder` this is; undefined = no namespace's. */
  namespaceOf(entry: string): string | undefined;
}

/**
 * Paths by a template such as `narrative.{namespace}.json`, relative to `storageDir`; names are encoded
 * (`encodeFileName`), so no name leads out of the folder or to another's file. Of a template that passed
 * `checkTemplates`.
 */
export function templatePaths(template: string, storageDir: string): TemplatePaths {
  const segments = segmentsOf(template, storageDir);
  const at = segments.findIndex((segment) => segment.includes(PLACE));
  const [before, after] = segments[at]!.split(PLACE) as [string, string];
  const folder = join(resolve(storageDir), ...segments.slice(0, at));
  const below = segments.slice(at + 1);
  return {
    folder,
    pathOf: (namespace) => join(folder, before + encodeFileName(namespace) + after, ...below),
    namespaceOf: (entry) => {
      const fits = entry.startsWith(before) && entry.endsWith(after);
      return fits ? decodeFileName(entry.slice(before.length, entry.length - after.length)) : undefined;
    },
  };
}

/**
 * Throws `TemplateError` for the first template, by the name of its setting, that has no `{namespace}` or two, leaves
 * `storageDir`, has no extension, is too long, or can meet another template's files or ours for some namespace.
 */
export function checkTemplates(templates: Readonly<Record<string, string>>, storageDir: string): void {
  const shapes = Object.entries(templates).map(([setting, template]) =>
    shapeOf(setting, template, storageDir),
  );
  for (const shape of shapes) {
    refuseOwnFiles(shape);
    for (const other of shapes) {
      if (other !== shape && canMeet(shape, other))
        throw new TemplateError(shape.setting, `can name the same file as ${other.setting}`);
      if (shape.folders.some((folder) => canMeet(folder, other)))
        throw new TemplateError(shape.setting, `can name a folder like a file of ${other.setting}`);
      for (const ending of COMPANIONS) {
        if (canMeet(shape, { prefix: other.prefix, suffix: other.suffix + ending }))
          throw new TemplateError(shape.setting, `can meet files ending in ${ending} of ${other.setting}`);
      }
    }
  }
}

/** What is fixed before and after the name, in lower case, with `/` between folders. */
interface Fixed {
  readonly prefix: string;
  readonly suffix: string;
}

interface Shape extends Fixed {
  readonly setting: string;
  /** Folders whose name depends on the namespace. */
  readonly folders: readonly Fixed[];
}

function shapeOf(setting: string, template: string, storageDir: string): Shape {
  const segments = segmentsOf(template, storageDir);
  const path = segments.join('/').toLowerCase();
  const parts = path.split(PLACE);
  if (parts.length !== 2 || template.split(PLACE).length !== 2)
    throw new TemplateError(setting, `needs ${PLACE} once, as in index.${PLACE}.json`);
  if (segments[0] === '..' || isAbsolute(segments.join(sep)))
    throw new TemplateError(setting, `leads out of the storage folder: ${template}`);
  if (!/\.[a-z][a-z0-9]{0,9}$/.test(parts[1]!))
    throw new TemplateError(setting, `needs an extension at its end, as in index.${PLACE}.json`);
  if (segments.some((segment) => !isPortable(segment.replace(PLACE, 'x'))))
    throw new TemplateError(setting, `holds a name that not every file system takes: ${template}`);
  if (path.length > MAX_FIXED_CHARACTERS)
    throw new TemplateError(setting, `is longer than ${MAX_FIXED_CHARACTERS} characters`);
  const folders = segments
    .map((_, index) => segments.slice(0, index).join('/').toLowerCase())
    .filter((folder) => folder.includes(PLACE))
    .map((folder) => fixedOf(folder));
  return { setting, ...fixedOf(path), folders };
}

function segmentsOf(template: string, storageDir: string): string[] {
  return relative(storageDir, resolve(storageDir, template)).split(sep);
}

function fixedOf(path: string): Fixed {
  const [prefix, suffix] = path.split(PLACE) as [string, string];
  return { prefix, suffix };
}

function isPortable(segment: string): boolean {
  return !/[<>:"|?*\\]|[. ]$/.test(segment) && ![...segment].some((character) => character < ' ');
}

function refuseOwnFiles(shape: Shape): void {
  for (const file of OWN_FILES) {
    const meeting = [shape, ...shape.folders].some(
      ({ prefix, suffix }) =>
        file.startsWith(prefix) && file.endsWith(suffix) && file.length > prefix.length + suffix.length,
    );
    if (meeting) throw new TemplateError(shape.setting, `can meet ${file}; put it in a folder of its own`);
  }
}

/** Whether some two names give the same path; a name fills in anything but a separator. */
function canMeet(one: Fixed, other: Fixed): boolean {
  const beginning = rest(one.prefix, other.prefix, (long, short) =>
    long.startsWith(short) ? long.slice(short.length) : undefined,
  );
  const end = rest(one.suffix, other.suffix, (long, short) =>
    long.endsWith(short) ? long.slice(0, long.length - short.length) : undefined,
  );
  return beginning !== undefined && end !== undefined && !beginning.includes('/') && !end.includes('/');
}

function rest(
  one: string,
  other: string,
  cut: (long: string, short: string) => string | undefined,
): string | undefined {
  return one.length >= other.length ? cut(one, other) : cut(other, one);
}
