import type { Row, Store } from '../stores/store.js';
import { PAGE_ROWS } from './namespace-rows.js';
import { readStream } from './read-stream.js';
import { replaceNamespace } from './replace-namespace.js';
import type { StreamFooter, StreamHeader } from './stream-format.js';
import { TransferError } from './transfer-error.js';

/** A stream that was read to its end and is whole. */
export interface VerifiedStream {
  /** Where it can be read again. */
  readonly path: string;
  readonly header: StreamHeader;
  readonly footer: StreamFooter;
}

/**
 * Reads a stream to its end, from its file or from where `content` has it. Rejects with `TransferError` unless it is
 * whole; changes nothing.
 */
export async function verifyStream(path: string, content?: AsyncIterable<Buffer>): Promise<VerifiedStream> {
  let header: StreamHeader | undefined;
  let footer: StreamFooter | undefined;
  for await (const line of readStream(path, content)) {
    if ('header' in line) header = line.header;
    if ('footer' in line) footer = line.footer;
  }
  return { path, header: header!, footer: footer! };
}

/**
 * Puts a verified stream in the place of all that the namespace has. It is read a second time, and rejects with
 * `TransferError` should it have changed meanwhile; the namespace then counts as unfinished.
 */
export async function importStream(
  store: Pick<Store, 'scan' | 'commit'>,
  namespace: string,
  stream: VerifiedStream,
): Promise<void> {
  await replaceNamespace(store, namespace, pagesIn(stream));
}

async function* pagesIn({ path, footer }: VerifiedStream): AsyncGenerator<readonly Row[]> {
  let page: Row[] = [];
  for await (const line of readStream(path)) {
    if ('footer' in line && line.footer.sha256 !== footer.sha256) {
      throw new TransferError(`${path} changed while it was read: import it again`);
    }
    if (!('row' in line)) continue;
    page.push(line.row);
    if (page.length < PAGE_ROWS) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
