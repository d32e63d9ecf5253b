import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Candidate } from '../base/documents.js';
import { type CommandContext, CommandError } from './context.js';

/** Bounds on what a file may hold, as in the settings of those names. */
export interface DocumentBounds {
  readonly maxDocuments: number;
  readonly maxTextLength: number;
  readonly bodyLimitBytes: number;
}

/**
 * Reads documents from a file, or from stdin for `-`. If the first line that is not blank begins with `{`, every line is
 * a JSON object `{text, id?, score?, metadata?}`; else every line is a text. Blank lines are skipped; documents without
 * an id get their line number. Throws `CommandError` that names the line.
 */
export async function readDocuments(
  context: CommandContext,
  file: string,
  bounds: DocumentBounds,
): Promise<Candidate[]> {
  const lines = (await readText(context, file, bounds.bodyLimitBytes)).split(/\r?\n/);
  const numbered = lines
    .map((line, index) => ({ line: line.trim(), at: index + 1 }))
    .filter(({ line }) => line !== '');
  if (numbered.length > bounds.maxDocuments) {
    throw new CommandError(
      `${file} has ${numbered.length} documents; NEURALCACHE_MAX_DOCUMENTS allows ${bounds.maxDocuments}`,
    );
  }
  const isJson = numbered[0]?.line.startsWith('{') === true;
  const documents = numbered.map(({ line, at }) =>
    isJson ? parseLine(file, line, at) : { id: String(at), text: line },
  );
  const seen = new Set<string>();
  for (const [index, { id, text }] of documents.entries()) {
    const where = `${file}, line ${numbered[index]!.at}`;
    if (text.length > bounds.maxTextLength) {
      throw new CommandError(
        `${where}: longer than NEURALCACHE_MAX_TEXT_LENGTH (${bounds.maxTextLength} characters)`,
      );
    }
    if (seen.has(id)) throw new CommandError(`${where}: the id is there twice`);
    seen.add(id);
  }
  return documents;
}

function parseLine(file: string, line: string, at: number): Candidate & { readonly id: string } {
  const fail = (reason: string) => new CommandError(`${file}, line ${at}: ${reason}`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw fail('not JSON');
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw fail('not a JSON object');
  const { id = String(at), text, score, metadata } = value as Record<string, unknown>;
  if (typeof text !== 'string') throw fail('"text" must be a string');
  if (typeof id !== 'string' || id === '') throw fail('"id" must be a string');
  if (score !== undefined && !Number.isFinite(score)) throw fail('"score" must be a number');
  return {
    id,
    text,
    ...(score !== undefined && { score: score as number }),
    ...(metadata !== undefined && { metadata }),
  };
}

async function readText(context: CommandContext, file: string, limitBytes: number): Promise<string> {
  const input = file === '-' ? context.stdin : createReadStream(resolve(context.cwd, file));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of input) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      size += bytes.length;
      if (size > limitBytes) {
        throw new CommandError(`${file} is larger than NEURALCACHE_BODY_LIMIT_BYTES (${limitBytes} bytes)`);
      }
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandError(code === 'ENOENT' ? `${file}: there is no such file` : `${file}: ${message}`);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}
