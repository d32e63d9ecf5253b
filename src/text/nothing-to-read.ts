/** White space, control characters, halves of surrogate pairs. */
const NOTHING = /^[\s\p{C}]*$/u;

/** Whether a text holds nothing a model could read: its vector is the zero vector, and no model is asked. */
export function hasNothingToRead(text: string): boolean {
  return NOTHING.test(text);
}
