/** A model on a hub: `ORG/NAME`, or `ORG/NAME@REVISION`. */
export interface ModelName {
  readonly organisation: string;
  readonly model: string;
  /** Branch, tag or commit; undefined where none was given. */
  readonly revision: string | undefined;
}

const PART = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;
const REVISION = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;
/** What Windows takes for a device, whatever its extension. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}$/;
const MAX_DEPTH = 4;

/** Reads a name as a hub has it; undefined for anything that is no such name, so that it is safe as `ORG/NAME` of a path. */
export function parseModelName(text: string): ModelName | undefined {
  const at = text.indexOf('@');
  const revision = at < 0 ? undefined : text.slice(at + 1);
  const [organisation, model, ...rest] = (at < 0 ? text : text.slice(0, at)).split('/');
  if (!isPart(organisation) || !isPart(model) || rest.length > 0) return undefined;
  if (revision !== undefined && (!REVISION.test(revision) || revision.includes('..'))) return undefined;
  return { organisation, model, revision };
}

/** Whether a text may be the name of a folder of ours: no separators, no way up, no device, nothing hidden. */
export function isPart(text: string | undefined): text is string {
  return text !== undefined && PART.test(text) && isPlain(text);
}

/** Whether a file's path within a model's folder is safe to be joined to it: relative, `/` between plain names, no way up. */
export function isSafePath(path: string): boolean {
  const segments = path.split('/');
  return (
    segments.length <= MAX_DEPTH && segments.every((segment) => SEGMENT.test(segment) && isPlain(segment))
  );
}

function isPlain(text: string): boolean {
  return !text.includes('..') && !text.endsWith('.') && !DEVICE.test(text);
}
