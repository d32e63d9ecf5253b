/** Which record broke a rule, by the error that says so. */
const culprits = new WeakMap<object, string>();

/** Runs checks of one record; what they throw is from then on known to be about it. */
export function blaming<R>(id: string, check: () => R): R {
  try {
    return check();
  } catch (error) {
    if (error instanceof Error && !culprits.has(error)) culprits.set(error, id);
    throw error;
  }
}

/** The namespace of whose record a failed change is; undefined = it is of none alone. */
export function culpritOf(error: unknown): string | undefined {
  return error instanceof Error ? culprits.get(error) : undefined;
}
