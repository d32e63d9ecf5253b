import {
  closeSync,
  constants,
  copyFileSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { devNull } from 'node:os';
import { makeFolder } from '../base/make-folder.js';
import { codeOf } from './disk-failure.js';

export interface FileFacts {
  readonly bytes: number;
  /** Device and inode, by which a file that was moved or replaced is told from before. */
  readonly identity: string;
}

/**
 * The file system as the JSON driver uses it; tests put a failing one in its place. Synchronous. What the file system
 * throws is passed on, except that a file or folder which is not there reads as undefined, or as an empty list.
 */
export interface Files {
  list(folder: string): string[];
  read(path: string): Buffer | undefined;
  /** At most so many bytes from the beginning. */
  readStart(path: string, bytes: number): Buffer | undefined;
  facts(path: string): FileFacts | undefined;
  /** `append` makes the file if need be; `write` makes it or empties it. */
  open(path: string, mode: 'append' | 'write'): number;
  /** Answers how many bytes were taken, which may be less than there are. */
  write(handle: number, bytes: Uint8Array): number;
  truncate(handle: number, bytes: number): void;
  /** Waits until the content is on the disk. */
  sync(handle: number): void;
  close(handle: number): void;
  /** Takes the place of what has that name. */
  rename(from: string, to: string): void;
  /** Gives a file a second name, or copies it where the file system has no links. Throws `EEXIST` for a name in use. */
  link(from: string, to: string): void;
  /** Removing what is not there is no error. */
  remove(path: string): void;
  makeFolder(path: string): void;
  /** Waits until names made, moved and removed in a folder are on the disk. */
  syncFolder(path: string): void;
}

/** File systems that know no links, or not between these files. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'];
const NO_DESCRIPTORS = ['EMFILE', 'ENFILE'];
const NO_FOLDER_HANDLES = ['EISDIR', 'EPERM', 'EACCES', 'EINVAL'];

/** The disk itself. Keeps one descriptor in reserve, so that work goes on while the process is out of them. */
export function diskFiles(): Files {
  const reserve = new ReserveDescriptor();
  return {
    list: (folder) => reserve.lend(() => presentOr([], () => readdirSync(folder))),
    read: (path) => reserve.lend(() => presentOr(undefined, () => readFileSync(path))),
    readStart: (path, bytes) => reserve.lend(() => presentOr(undefined, () => readStart(path, bytes))),
    facts: (path) => {
      const stats = statSync(path, { throwIfNoEntry: false });
      return stats && { bytes: stats.size, identity: `${stats.dev}:${stats.ino}` };
    },
    open: (path, mode) => reserve.lend(() => openSync(path, mode === 'append' ? 'a' : 'w', 0o600)),
    write: (handle, bytes) => writeSync(handle, bytes),
    truncate: ftruncateSync,
    sync: fdatasyncSync,
    close: (handle) => {
      closeSync(handle);
      reserve.refill();
    },
    rename: renameSync,
    link: linkOrCopy,
    remove: (path) => rmSync(path, { force: true }),
    makeFolder,
    syncFolder: (path) => reserve.lend(() => syncFolder(path)),
  };
}

/** One open descriptor that is given up when there is no other, and taken again when there is. */
class ReserveDescriptor {
  private handle: number | undefined;

  constructor() {
    this.refill();
  }

  lend<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      if (this.handle === undefined || !NO_DESCRIPTORS.includes(codeOf(cause))) throw cause;
      closeSync(this.handle);
      this.handle = undefined;
      return work();
    }
  }

  refill(): void {
    if (this.handle !== undefined) return;
    try {
      this.handle = openSync(devNull, 'r');
    } catch {
      // None is free; the next file that is closed makes room.
    }
  }
}

function presentOr<T>(absent: T, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT' || codeOf(cause) === 'ENOTDIR') return absent;
    throw cause;
  }
}

function readStart(path: string, bytes: number): Buffer {
  const start = Buffer.alloc(bytes);
  const handle = openSync(path, 'r');
  try {
    return start.subarray(0, readSync(handle, start, 0, bytes, 0));
  } finally {
    closeSync(handle);
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (cause) {
    if (!NO_LINKS.includes(codeOf(cause))) throw cause;
    copyFileSync(from, to, constants.COPYFILE_EXCL);
  }
}

/** Makes a rename last; some systems cannot open a folder, and there it lasts without. */
export function syncFolder(folder: string): void {
  let handle: number | undefined;
  try {
    handle = openSync(folder, 'r');
    fsyncSync(handle);
  } catch (cause) {
    if (!NO_FOLDER_HANDLES.includes(codeOf(cause))) throw cause;
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
