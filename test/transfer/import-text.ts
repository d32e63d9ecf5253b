import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { StorageHome } from '../commands/storage-home.js';
import type { StoredMode } from '../fixtures/stored-modes.js';

/** Imports lines of a stream (its header and rows) with a footer that fits, over what is there. */
export async function importText(
  home: StorageHome,
  mode: StoredMode,
  folder: string,
  lines: readonly string[],
): Promise<void> {
  const body = lines.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(body).digest('hex');
  home.line.write('lines.ndjson', `${body}${JSON.stringify({ rows: lines.length - 1, sha256 })}\n`);
  await home.done(mode, folder, ['namespaces', 'import', join(home.line.folder, 'lines.ndjson'), '--force']);
}
