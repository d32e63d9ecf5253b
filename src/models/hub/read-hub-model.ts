import type { Response as HttpResponse } from 'undici';
import { z } from 'zod';
import { isSafePath, type ModelName } from '../model-name.js';
import { brokenOff, type HubConnection } from './hub-connection.js';
import { HubError } from './hub-error.js';
import { type RetryOptions, retrying } from './retry.js';

const MAX_ANSWER_BYTES = 16 << 20;
/** Pages of the list of files, and what else is asked before the first download. */
const MAX_ANSWERS = 100;
const MAX_FILES = 10_000;
const ANSWER_MS = 60_000;
const DEFAULT_REVISION = 'main';

/** A file of a model on a hub. */
export interface HubFile {
  /** Safe to be joined to a folder. */
  readonly path: string;
  readonly bytes: number;
  /** What the hub says the content hashes to: SHA-256 of large files, the Git object id of others. */
  readonly checksum: { readonly kind: 'sha256' | 'git'; readonly value: string };
}

/** A model on a hub at one commit. */
export interface HubModel {
  /** `ORG/NAME`. */
  readonly repository: string;
  readonly commit: string;
  /** As its card says, `unknown` where it says nothing. */
  readonly licence: string;
  readonly files: readonly HubFile[];
}

const infoSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  cardData: z
    .object({
      license: z
        .union([z.string(), z.array(z.string())])
        .nullish()
        .catch(undefined),
      license_name: z.string().nullish().catch(undefined),
    })
    .nullish()
    .catch(undefined),
  tags: z.array(z.string()).nullish().catch(undefined),
});

const fileSchema = z.object({
  size: z.int().min(0),
  oid: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).optional(),
});

/**
 * Asks a hub for a model: its revision as a commit, its licence, its files as of that commit; those whose names are unsafe
 * as paths are left out. Through the hub's own client library. Rejects with `HubError`.
 */
export async function readHubModel(
  connection: HubConnection,
  name: ModelName,
  retries: RetryOptions,
): Promise<HubModel> {
  const repository = `${name.organisation}/${name.model}`;
  const revision = name.revision ?? DEFAULT_REVISION;
  // Loaded here, for no other command needs it.
  const { listFiles, modelInfo } = await import('@huggingface/hub');
  const client = {
    hubUrl: connection.access.endpoint,
    fetch: answersOf(connection, `${repository}@${revision}`, retries),
  };
  const info = checked(
    infoSchema,
    await modelInfo({ ...client, name: repository, revision, additionalFields: ['sha', 'cardData', 'tags'] }),
    `${repository}@${revision}`,
  );
  const files: HubFile[] = [];
  let count = 0;
  const repo = { type: 'model', name: repository } as const;
  for await (const entry of listFiles({ ...client, repo, revision: info.sha, recursive: true })) {
    if (++count > MAX_FILES) throw new HubError(`${repository} has more than ${MAX_FILES} files`);
    if (entry.type !== 'file' || typeof entry.path !== 'string' || !isSafePath(entry.path)) continue;
    files.push(hubFile(entry.path, checked(fileSchema, entry, `${repository}: ${entry.path}`)));
  }
  return { repository, commit: info.sha, licence: licenceOf(info), files };
}

/** `fetch` for the client library: our connection, whole answers of bounded length, tried again where that may help. */
function answersOf(connection: HubConnection, what: string, retries: RetryOptions): typeof globalThis.fetch {
  let count = 0;
  return (input) => {
    if (++count > MAX_ANSWERS) throw new HubError(`the hub's list of files of ${what} does not end`);
    const url = String(input);
    return retrying(async () => {
      const answer = await connection.get(url, {
        what,
        headers: { accept: 'application/json' },
        deadlineMs: ANSWER_MS,
      });
      const text = await readBounded(answer, new URL(url).host, what);
      assertJson(text, what);
      const link = answer.headers.get('link');
      return new Response(text, { headers: link === null ? {} : { link } });
    }, retries);
  };
}

async function readBounded(answer: HttpResponse, host: string, what: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw brokenOff(host, what, cause);
  }
  if (bytes > MAX_ANSWER_BYTES) {
    throw new HubError(`the hub's answer for ${what} has more than ${MAX_ANSWER_BYTES} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Told here rather than by the client, which would show what it could not read. */
function assertJson(text: string, what: string): void {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return;
  } catch {
    // The same as for a number or a word.
  }
  throw new HubError(`the hub's answer for ${what} is not what such hubs answer: is HF_ENDPOINT one?`);
}

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') || 'all of it';
  throw new HubError(`the hub's answer for ${what} makes no sense at: ${where}`);
}

function hubFile(path: string, { size, oid, lfs }: z.infer<typeof fileSchema>): HubFile {
  if (lfs !== undefined && lfs.size !== size) throw new HubError(`the hub gives two lengths for ${path}`);
  const value = lfs?.oid ?? oid;
  if (value === undefined) throw new HubError(`the hub gives no checksum for ${path}`);
  return { path, bytes: size, checksum: { kind: lfs === undefined ? 'git' : 'sha256', value } };
}

function licenceOf({ cardData, tags }: z.infer<typeof infoSchema>): string {
  const stated = [cardData?.license ?? []].flat();
  const tagged = tags?.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
  const names = stated.length > 0 ? stated : [tagged ?? 'unknown'];
  // "other" alone says nothing; its name stands beside it.
  const named = names.map((name) => (name === 'other' ? (cardData?.license_name ?? name) : name));
  return named.join(', ').slice(0, 100) || 'unknown';
}
