import { createInterface } from 'node:readline';
import type { CommandContext } from './context.js';

/**
 * Text from outside as one line that cannot steer a terminal: control characters and runs of white space become one
 * space; cut to `width` characters with an ellipsis.
 */
export function oneLine(text: string, width = Number.POSITIVE_INFINITY): string {
  const clean = text.replace(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim();
  const characters = [...clean];
  return characters.length <= width ? clean : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Asks a yes/no question on stderr; anything but y or yes, also the end of input, means no. */
export async function confirm(context: CommandContext, question: string): Promise<boolean> {
  context.stderr.write(`${question} [y/N] `);
  const lines = createInterface({ input: context.stdin });
  try {
    for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line);
    return false;
  } finally {
    lines.close();
  }
}
