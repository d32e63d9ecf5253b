import { statSync } from 'node:fs';

/** Device and inode, by which a file that was moved or replaced is told from before; undefined when there is none. */
export function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && `${stats.dev}:${stats.ino}`;
}
