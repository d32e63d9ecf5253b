import { open, rename, rm, stat } from 'node:fs/promises';
import type { Response as HttpResponse } from 'undici';
import { hashFile } from '../model-files.js';
import { brokenOff, type HubConnection } from './hub-connection.js';
import { HubError } from './hub-error.js';
import type { HubFile } from './read-hub-model.js';
import { type RetryOptions, retrying } from './retry.js';

/** A connection that brings so much before it breaks is making headway: it does not count as a failed try. */
const HEADWAY_BYTES = 1 << 20;
const BASE_DEADLINE_MS = 60_000;
/** A connection slower than this for the whole of a file is given up, bytes per ms. */
const LEAST_SPEED = 8;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A file that grows at its end. */
export interface PartialFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Waits until all is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file to append to it, emptied first where `fresh`. Tests put a full disk in its place. */
export type OpenPartial = (path: string, fresh: boolean) => Promise<PartialFile>;

export const openPartial: OpenPartial = async (path, fresh) => {
  const handle = await open(path, fresh ? 'w' : 'a');
  return {
    write: (bytes) => handle.writeFile(bytes),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
};

export interface Download {
  readonly connection: HubConnection;
  readonly url: string;
  /** For messages. */
  readonly what: string;
  readonly file: HubFile;
  /** Where it is to lie. What came so far lies beside it, with `.part` behind the name. */
  readonly target: string;
  readonly openPartial: OpenPartial;
  readonly retries: RetryOptions;
  /** Told how much of the file is there. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Brings one file, going on where an earlier try ended, and answers its SHA-256. It gets its name only once its length
 * and checksum are what the hub said. Rejects with `HubError`; what came so far stays for the next time, unless it was
 * wrong.
 */
export async function downloadFile(download: Download): Promise<string> {
  const part = `${download.target}.part`;
  const kept = await lengthOf(part);
  await bring(download, part);
  let sha256 = await matches(part, download.file);
  // What lay there from an earlier time may have been damaged by a crash: that is no fault of the hub.
  if (sha256 === undefined && kept > 0) {
    await rm(part);
    await bring(download, part);
    sha256 = await matches(part, download.file);
  }
  if (sha256 === undefined) {
    await rm(part);
    throw new HubError(`${download.what}: what came does not have the checksum that the hub gives for it`);
  }
  await rename(part, download.target);
  return sha256;
}

/** SHA-256 of a file that has the length and checksum the hub gives; undefined where it differs or is not there. */
export async function matches(path: string, { bytes, checksum }: HubFile): Promise<string | undefined> {
  if ((await lengthOf(path, -1)) !== bytes) return undefined;
  const sha256 = await hashFile(path);
  if (checksum.kind === 'sha256') return sha256 === checksum.value ? sha256 : undefined;
  return (await hashFile(path, { git: true, bytes })) === checksum.value ? sha256 : undefined;
}

async function bring(download: Download, part: string): Promise<void> {
  for (;;) {
    const before = await lengthOf(part);
    try {
      return await retrying(() => bringRest(download, part), download.retries);
    } catch (error) {
      const isMoving = (await lengthOf(part)) - before >= HEADWAY_BYTES;
      if (!(error instanceof HubError && error.isTransient && isMoving)) throw error;
    }
  }
}

/** One request for what is missing. */
async function bringRest(download: Download, part: string): Promise<void> {
  const { connection, url, what, file, onBytes } = download;
  const kept = await lengthOf(part);
  const rest = kept < file.bytes ? kept : 0;
  if (kept === file.bytes && kept > 0) return onBytes(kept);
  const answer = await connection.get(url, {
    what,
    // As it is: lengths and ranges are those of the file.
    headers: { 'accept-encoding': 'identity', ...(rest > 0 && { range: `bytes=${rest}-` }) },
    deadlineMs: Math.min(LONGEST_TIMER_MS, BASE_DEADLINE_MS + Math.ceil(file.bytes / LEAST_SPEED)),
    accepts: [416],
  });
  const start = await startOf(download, part, answer, rest);
  const output = await download.openPartial(part, start === 0);
  try {
    let bytes = start;
    for await (const chunk of chunksOf(answer, new URL(url).host, what)) {
      bytes += chunk.length;
      if (bytes > file.bytes)
        throw new HubError(`${what}: the hub sends more than the ${file.bytes} bytes it told`);
      await output.write(chunk);
      onBytes(bytes);
    }
    await output.sync();
    if (bytes < file.bytes) {
      throw new HubError(`${what}: the answer ended after ${bytes} of ${file.bytes} bytes`, {
        isTransient: true,
      });
    }
  } finally {
    await output.close();
  }
}

/** Where in the file an answer begins: where we asked, or at 0 by a hub that knows no ranges. */
async function startOf(
  { file, what }: Download,
  part: string,
  answer: HttpResponse,
  asked: number,
): Promise<number> {
  const { status, headers } = answer;
  if (status === 200) {
    const length = headers.get('content-length');
    if (length === null || headers.has('content-encoding') || Number(length) === file.bytes) return 0;
    await answer.body?.cancel();
    throw new HubError(`${what}: the hub told ${file.bytes} bytes and sends ${length}`);
  }
  const range = `bytes ${asked}-${file.bytes - 1}/${file.bytes}`;
  if (status === 206 && headers.get('content-range') === range) return asked;
  await answer.body?.cancel();
  // What is there is not what the hub can go on with: anew, without asking for a range.
  await rm(part, { force: true });
  throw new HubError(`${what}: the hub cannot go on at byte ${asked}`, { isTransient: true });
}

async function* chunksOf(answer: HttpResponse, host: string, what: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of answer.body ?? []) yield chunk;
  } catch (cause) {
    throw brokenOff(host, what, cause);
  }
}

/** Bytes of a file, or `missing`. */
async function lengthOf(path: string, missing = 0): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return missing;
    throw cause;
  }
}
