/**
 * What a command may touch of the process it runs in. Handed to every `register<Name>` function, so that
 * tests run the real commands with their own streams, environment and folder.
 */
export interface CommandContext {
  /** Environment variables; only names with the prefix NEURALCACHE_ and a plain PORT are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results go here. `isTTY` decides between a table for people and plain lines. */
  readonly stdout: CommandOutput;
  /** Errors, questions and progress go here, so that results can be piped. */
  readonly stderr: CommandOutput;
  /** Answers to questions and the file `-` come from here. */
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Folder against which relative paths, `.env` and the settings file are resolved. */
  readonly cwd: string;
}

/** The part of a writable stream that commands use. */
export interface CommandOutput {
  /** Answers false where more should wait until it has drained. */
  write(text: string): unknown;
  once?(event: 'drain' | 'close' | 'error', listener: () => void): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * A failure that ends a command with one line on stderr and no stack.
 * `exitCode` 1: the command could not do what was asked (default); 2: it was called wrongly.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}
