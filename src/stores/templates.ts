import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { decodeFileName, encodeFileName } from './file-name.js';
import { LOCK_FILE, OWNER_FILE } from './lock.js';
import { PROBE_FILE } from './probe-folder.js';

const PLACE = '{namespace}';
/** What files of ours beside those of the templates are called. */
const OWN_FILES = [
  'neuralcache.db',
  'neuralcache-catalog.db',
  'neuralcache-catalog.kept',
  'neuralcache-cache.db',
  PROBE_FILE,
  'neuralcache.clock',
  'neuralcache.mode',
  LOCK_FILE,
  OWNER_FILE,
  'hash.key',
] as const;
/** What is put behind a template's path for files that belong to it; `.damaged-…` never ends in an extension. */
const COMPANIONS = ['.next', '.journal', '.journal.next', '.new', '.salvaged', '.salvaged.new'] as const;
const MAX_FIXED_CHARACTERS = 140;
/** What file systems allow for the name of a file or folder. */
const MAX_FILE_NAME_BYTES = 255;
/** A namespace has at most 64 bytes (`NamespaceNames`), each of which takes three at most (`encodeFileName`). */
const MAX_ENCODED_BYTES = 64 * 3;
/** The longest that is put behind a file's name: that of a journal which was set aside, not for the first time. */
const MAX_ENDING_BYTES = '.journal.damaged-2026-01-01T00-00-00-000Z-100'.length;

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
 * `storageDir`, has no extension, is too long for the longest name, or can meet another template's files or ours for some namespace.
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
  refuseLongNames(setting, segments);
  const folders = segments
    .map((_, index) => segments.slice(0, index).join('/').toLowerCase())
    .filter((folder) => folder.includes(PLACE))
    .map((folder) => fixedOf(folder));
  return { setting, ...fixedOf(path), folders };
}

/** A name that does not fit would be refused by the disk at every feedback of its namespace. */
function refuseLongNames(setting: string, segments: readonly string[]): void {
  for (const [index, segment] of segments.entries()) {
    const own = Buffer.byteLength(segment.replace(PLACE, ''));
    const name = segment.includes(PLACE) ? MAX_ENCODED_BYTES : 0;
    const ending = index === segments.length - 1 ? MAX_ENDING_BYTES : 0;
    const surplus = own + name + ending - MAX_FILE_NAME_BYTES;
    if (surplus <= 0) continue;
    throw new TemplateError(
      setting,
      `could name a file of more than ${MAX_FILE_NAME_BYTES} bytes, for a long namespace: "${segment}" has to be ${surplus} bytes shorter`,
    );
  }
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
