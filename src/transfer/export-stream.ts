import { createHash } from 'node:crypto';
import { META_STATE } from '../namespaces/records.js';
import { isUnfinished, pagesOf, type RowSource } from './namespace-rows.js';
import { rowLine } from './row-line.js';
import { footerLine, headerLine, type StreamHeader } from './stream-format.js';
import { TransferError } from './transfer-error.js';

/**
 * A namespace as a stream (see `stream-format.ts`), a page of lines at a time. Rejects with `TransferError` where a copy
 * into it was never finished.
 */
export async function* exportStream(source: RowSource, namespace: string): AsyncGenerator<string> {
  if (await isUnfinished(source, namespace)) {
    throw new TransferError('an import or migration into it was not finished: run that again first');
  }
  const hash = createHash('sha256');
  let count = 0;
  const header = headerLine(await headerOf(source, namespace));
  hash.update(header);
  yield header;
  for await (const rows of pagesOf(source, namespace)) {
    const lines = rows.map(rowLine).join('');
    hash.update(lines);
    count += rows.length;
    yield lines;
  }
  yield footerLine({ rows: count, sha256: hash.digest('hex') });
}

/** What the state itself says of the vectors and hashes in it. */
async function headerOf(source: RowSource, namespace: string): Promise<StreamHeader> {
  const row = await source.get(namespace, 'meta', META_STATE);
  const { encoder, hashKey } = row === undefined ? {} : parseState(row.value);
  return { namespace, encoder: textOrNull(encoder), hashKey: textOrNull(hashKey) };
}

/** A state that cannot be read is exported as it is, like every other row; it says nothing of itself. */
function parseState(value: string): { readonly encoder?: unknown; readonly hashKey?: unknown } {
  try {
    return (JSON.parse(value) ?? {}) as { encoder?: unknown; hashKey?: unknown };
  } catch {
    return {};
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
