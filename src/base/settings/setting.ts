import type { Kind } from './kinds.js';

/** One line of the settings table; its name there is the environment variable without `NEURALCACHE_`. */
export interface Setting<T> {
  readonly kind: Kind<T>;
  /** Value when no source gives one. A string default of a path is resolved like any other text. */
  readonly fallback: T;
  /** The default as tables show it. */
  readonly fallbackText: string;
  /** One or two sentences for the operator. */
  readonly doc: string;
  /** Never shown, and also read from the file that `NAME_FILE` names. */
  readonly secret: boolean;
}

/** A setting with a default. `fallbackText` words the default where its plain text would be unclear. */
export function setting<T>(
  kind: Kind<T>,
  fallback: T,
  doc: string,
  fallbackText = String(fallback),
): Setting<T> {
  return { kind, fallback, fallbackText, doc, secret: false };
}

/** A setting that may stay unset; `meaning` says what happens then. */
export function optional<T>(kind: Kind<T>, meaning: string, doc: string): Setting<T | undefined> {
  return { kind, fallback: undefined, fallbackText: meaning, doc, secret: false };
}

/** The same setting, but its value is masked everywhere and may come from a file. */
export function secret<T>(plain: Setting<T>): Setting<T> {
  return { ...plain, secret: true };
}

/** `HTTP_PORT` -> `httpPort`, in types. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<CamelCase<Tail>>}`
  : Lowercase<Name>;

/** `HTTP_PORT` -> `httpPort`. */
export function camelCase<Name extends string>(name: Name): CamelCase<Name> {
  return name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()) as CamelCase<Name>;
}
