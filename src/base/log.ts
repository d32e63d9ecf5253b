import pino, { type DestinationStream, type Logger } from 'pino';
import { AppError } from './errors.js';

export type { Logger };

/** How the process logs. */
export interface LogOptions {
  readonly level: pino.LevelWithSilent;
  /** Values that must never appear in a line, such as API tokens; those under 6 characters are too common to hide. */
  readonly secrets?: readonly string[];
  /** Where lines go; default stdout. */
  readonly destination?: DestinationStream;
}

/** What a hidden value looks like. */
const HIDDEN = '[hidden]';
const LEAST_SECRET_LENGTH = 6;

/** Fields that hold credentials or what users wrote, wherever a log call puts them by mistake. */
const HIDDEN_FIELDS = [
  'authorization',
  '"x-api-key"',
  '"api-key"',
  'cookie',
  'token',
  'tokens',
  'adminTokens',
  'apiTokens',
  'password',
  'secret',
  'query',
  'text',
  'documents',
  'document',
  'body',
  'embedding',
  'query_embedding',
  'best_doc_text',
  'metadata',
].flatMap((field) =>
  field.startsWith('"')
    ? [`[${field}]`, `*[${field}]`, `*.*[${field}]`]
    : [field, `*.${field}`, `*.*.${field}`],
);

/**
 * Makes the logger: one JSON object a line with `level` (a word), `time` (ISO 8601), `msg` and the fields given. Fields
 * that could hold credentials, query or document text are hidden up to two levels deep, and so are `secrets` anywhere in
 * a line. Lines to stdout are written at once, so that none is lost when the process ends.
 */
export function createLogger(options: LogOptions): Logger {
  const destination = options.destination ?? pino.destination({ dest: 1, sync: true });
  return pino(
    {
      level: options.level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: HIDDEN_FIELDS, censor: HIDDEN },
      serializers: { err: describeError, error: describeError },
    },
    withoutSecrets(destination, options.secrets ?? []),
  );
}

/** Writes one line of level `info`; undefined fields are left out. */
export type WriteLine = (
  fields: Readonly<Record<string, string | number | undefined>>,
  message: string,
) => void;

/**
 * Writes lines as the logger does, to the same place and in a fraction of its time, for the one line a request has: those
 * of one turn of the event loop are written together, at its end. No field is hidden by its name: only for fields that are
 * fixed.
 */
export function lineWriter(logger: Logger): WriteLine {
  const stream = (logger as unknown as Record<symbol, DestinationStream>)[pino.symbols.streamSym]!;
  let lines = '';
  const write = () => {
    stream.write(lines);
    lines = '';
  };
  return (fields, message) => {
    if (!logger.isLevelEnabled('info')) return;
    if (lines === '') setImmediate(write);
    const time = new Date().toISOString();
    // A copy that begins with all fields of another object is made at once, others field by field.
    const rest = JSON.stringify({ ...fields, msg: message });
    lines += `{"level":"info","time":"${time}",${rest.slice(1)}\n`;
  };
}

/** A log that writes nothing; for tools and tests. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

/**
 * What is logged of an error: name, message, stack, codes and causes (at most 5), but no other properties. Of `AppError`
 * not the detail, which repeats parts of the request.
 */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = error instanceof AppError ? error.code : (error as NodeJS.ErrnoException).code;
  const cause = error.cause !== undefined && depth < 5 ? describeError(error.cause, depth + 1) : undefined;
  return { type: error.name, message: error.message, code, stack: error.stack, cause };
}

/** Passes lines on with every secret replaced. Cost: one search per secret and line. */
function withoutSecrets(destination: DestinationStream, secrets: readonly string[]): DestinationStream {
  // As JSON writes them: a quote or backslash in a secret is escaped in the line.
  const written = secrets
    .filter((secret) => secret.length >= LEAST_SECRET_LENGTH)
    .map((secret) => JSON.stringify(secret).slice(1, -1));
  if (written.length === 0) return destination;
  return {
    write(line: string) {
      destination.write(written.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line));
    },
  };
}
