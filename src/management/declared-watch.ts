import { stat } from 'node:fs/promises';
import { AppError } from '../base/errors.js';
import type { Logger } from '../base/log.js';
import type { NamespaceAdmin, Plan } from './namespace-admin.js';
import { readDeclaredFile } from './read-declared-file.js';

export interface DeclaredWatchOptions {
  /** Absolute; links are followed, so that a swapped one is noticed. */
  readonly path: string;
  /** How messages call the file. */
  readonly label: string;
  readonly admin: Pick<NamespaceAdmin, 'apply'>;
  readonly events: DeclaredEvents;
  /** Calls back again and again until what it answers is called; default every two seconds. */
  readonly repeatedly?: (look: () => void) => () => void;
}

/** What becomes of the file. Each returns at once and never throws. */
export interface DeclaredEvents {
  applied(plan: Plan): void;
  /** Nothing has changed. */
  refused(reason: Error): void;
}

const LOOK_MS = 2000;

/**
 * Keeps the catalog to a declared file: applied at start, and again whenever it changed. A file that is broken, or gone,
 * is told of and leaves everything as it is; so does a disk that cannot take it just now, which is tried again.
 */
export class DeclaredWatch {
  /** Of the file that was taken last, and of the one that was there at the last look. */
  private taken = '';
  private seen = '';
  /** It could not be applied for a reason that is not the file's. */
  private isOwed = false;
  private looking: Promise<void> | undefined;
  private end: (() => void) | undefined;

  constructor(private readonly options: DeclaredWatchOptions) {}

  /** Applies the file and watches it from then on. Rejects with `DeclaredError` for what is wrong with it. */
  async start(): Promise<void> {
    const { repeatedly = everyTwoSeconds } = this.options;
    this.seen = await this.stamp();
    await this.apply();
    this.end = repeatedly(() => void this.look());
  }

  /** Ends the watch, after what is under way. */
  async stop(): Promise<void> {
    this.end?.();
    await this.looking;
  }

  /** One look; never rejects. A change is taken once it has stood still from one look to the next: it may be half written. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  private async lookOnce(): Promise<void> {
    const now = await this.stamp();
    const hasSettled = now === this.seen;
    this.seen = now;
    if (!hasSettled || (now === this.taken && !this.isOwed)) return;
    // What is wrong with the file is told, and leaves things as they are.
    await this.apply().catch((error: Error) => this.options.events.refused(error));
  }

  private async apply(): Promise<void> {
    const { path, label, admin, events } = this.options;
    const wasOwed = this.isOwed;
    this.taken = this.seen;
    this.isOwed = false;
    const { declared, explain } = await readDeclaredFile(path, label);
    try {
      const options = { dryRun: false, prune: false };
      events.applied(await admin.apply(declared, options, { actor: 'file', requestId: '' }));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'UNAVAILABLE') throw explain(error);
      this.isOwed = true;
      if (!wasOwed) events.refused(error);
    }
  }

  /** Differs once the file does; the same for all that cannot be looked at. */
  private async stamp(): Promise<string> {
    try {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(this.options.path, { bigint: true });
      return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
    } catch {
      // Reading it says what is wrong.
      return 'none';
    }
  }
}

/** The plan in the log: a line for each namespace that changed, with the names of its fields. */
export function declaredLog(logger: Logger, label: string): DeclaredEvents {
  return {
    applied({ changes, unchanged, skipped }) {
      for (const { action, namespace, fields } of changes)
        logger.info({ namespace, action, fields: Object.keys(fields) }, 'declared namespace');
      for (const { namespace, reason } of skipped)
        logger.warn({ namespace, reason }, 'declared namespace is left');
      const counts = { file: label, changed: changes.length, unchanged, skipped: skipped.length };
      logger.info(counts, 'declared namespaces are applied');
    },
    refused(reason) {
      logger.error({ file: label, reason: reason.message }, 'declared namespaces are not applied');
    },
  };
}

function everyTwoSeconds(look: () => void): () => void {
  const timer = setInterval(look, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
