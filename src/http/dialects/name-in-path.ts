/** Longest name taken from a path, in characters; what is longer is no name of a model. */
const MAX_NAME_LENGTH = 512;

/**
 * The name of a model where an API has it in the path.
 *
 * @param path as it was sent
 * @param pattern its first group is the name, percent-encoded or not
 */
export function nameInPath(path: string, pattern: RegExp): string | undefined {
  const name = pattern.exec(path)?.[1];
  if (name === undefined || name.length > MAX_NAME_LENGTH) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    // Not encoded after all.
    return name;
  }
}
