import { diskFiles, type Files } from '../../src/stores/files.js';

/** What happens at an operation: it fails once, or the process ends there. */
export type Fault =
  | { readonly at: number; readonly code: string }
  /** A write takes only a part and the next one fails: what a disk does that becomes full. */
  | { readonly at: number; readonly code: string; readonly shortWrite: true }
  | { readonly at: number; readonly crash: true };

/** Thrown instead of every operation after the process has ended. */
export class Ended extends Error {
  override readonly name = 'Ended';
}

/**
 * The disk, not waited for, with every operation counted; one of them fails as told. A write at which the process ends
 * puts half of its bytes.
 */
export class FaultyFiles {
  /** Names of the operations so far. */
  readonly done: string[] = [];
  /** Whether the fault came up. */
  struck = false;
  readonly files: Files;
  private fault: Fault | undefined;
  private failNextWrite = false;

  constructor(fault?: Fault) {
    this.fault = fault;
    const disk: Files = { ...diskFiles(), sync: () => {}, syncFolder: () => {} };
    const counted = Object.entries(disk).map(([name, operation]) => [
      name,
      (...args: unknown[]) => this.run(name, operation as (...all: unknown[]) => unknown, args),
    ]);
    this.files = Object.fromEntries(counted) as Files;
  }

  /** From now on nothing fails. */
  mend(): void {
    this.fault = undefined;
    this.failNextWrite = false;
  }

  private run(name: string, operation: (...all: unknown[]) => unknown, args: unknown[]): unknown {
    this.done.push(name);
    const { fault } = this;
    const count = this.done.length;
    if (name === 'write' && this.failNextWrite) {
      this.failNextWrite = false;
      throw this.error();
    }
    if (!fault || count < fault.at) return operation(...args);
    if ('crash' in fault) {
      if (!this.struck && name === 'write') operation(args[0], half(args[1] as Uint8Array));
      this.struck = true;
      throw new Ended('the process ended');
    }
    if (count > fault.at) return operation(...args);
    this.struck = true;
    if (!('shortWrite' in fault)) throw this.error();
    if (name !== 'write') return operation(...args);
    this.failNextWrite = true;
    return operation(args[0], half(args[1] as Uint8Array));
  }

  private error(): Error {
    const { code } = this.fault as { code: string };
    return Object.assign(new Error('injected'), { code });
  }
}

function half(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length >> 1);
}
