import { isAscii, isUtf8 } from 'node:buffer';
import { AppError, validationError } from '../base/errors.js';

/** Levels of arrays and objects a body may have; the outermost counts as one. */
export const MAX_NESTING = 32;

/**
 * Parses the bytes of a body: UTF-8 (a byte order mark is skipped), at most 32 levels deep.
 *
 * The depth is bounded because answers echo metadata, and writing JSON overflows the stack from some thousand levels;
 * parsing does not. Cost: linear in the body.
 *
 * @throws AppError 400 where it is not UTF-8 or not JSON (with the position, never a piece of it), 422 where it is too deep
 */
export function parseJson(bytes: Buffer): unknown {
  const value = parse(decode(bytes));
  if (isDeeperThan(value, MAX_NESTING)) {
    const msg = `must have at most ${MAX_NESTING} levels of nesting`;
    throw validationError([{ loc: [], msg, type: 'nesting_too_deep' }], 'The body is nested too deeply');
  }
  return value;
}

function decode(bytes: Buffer): string {
  // The usual case, in a third of the time.
  if (isAscii(bytes)) return bytes.toString('latin1');
  if (!isUtf8(bytes)) throw new AppError('BAD_REQUEST', 'The body is not valid UTF-8');
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return bytes.toString('utf8', hasMark ? 3 : 0);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const where = position === undefined ? '' : ` (position ${position})`;
    throw new AppError('BAD_REQUEST', `The body is not valid JSON${where}`);
  }
}

/** Whether arrays and objects nest beyond `levels`. Goes at most that deep itself. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      if (typeof item === 'object' && item !== null && isDeeperThan(item, levels - 1)) return true;
    }
    return false;
  }
  for (const key in value) {
    const field: unknown = (value as Record<string, unknown>)[key];
    if (typeof field === 'object' && field !== null && isDeeperThan(field, levels - 1)) return true;
  }
  return false;
}
