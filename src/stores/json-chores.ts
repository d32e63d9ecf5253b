import type { Clock } from '../base/clock.js';
import type { FolderOwner } from './folder-owner.js';
import type { JsonNamespace } from './json-namespace.js';
import type { JsonNamespaces } from './json-namespaces.js';
import { RetryPause } from './retry-pause.js';

/** Time for looking into namespaces in one slice. */
const LEARNING_MS = 8;

/**
 * What can wait: checkpoints, letting go of what is not needed, looking into namespaces that are known by name alone.
 * A failing disk is left alone for a while.
 */
export class JsonChores {
  private readonly pause: RetryPause;
  /** Namespaces that wait for a checkpoint, or for their files to be removed. */
  private readonly waiting = new Set<string>();
  /** Of these, who is not needed in memory after it. */
  private readonly leaving = new Set<string>();
  /** Namespaces whose last write failed, and why; a checkpoint tells whether they can be written again. */
  private readonly failing = new Map<string, unknown>();

  constructor(
    private readonly clock: Clock,
    private readonly namespaces: JsonNamespaces,
    private readonly owner: FolderOwner,
  ) {
    this.pause = new RetryPause(clock);
  }

  /** A namespace was used: it stays, and may want a checkpoint. */
  used(namespace: JsonNamespace): void {
    this.leaving.delete(namespace.name);
    if (namespace.wantsCheckpoint || namespace.rows.isEmpty) this.waiting.add(namespace.name);
    if (namespace.isBehind && this.pause.isOver) this.step(namespace.name);
  }

  /** A write of the namespace failed: a checkpoint may make room for its journal. */
  failed(name: string, cause: unknown): void {
    this.failing.set(name, cause);
    this.waiting.add(name);
  }

  /** A write of the namespace worked. */
  worked(name: string): void {
    this.failing.delete(name);
  }

  /** Why some namespace could not be written, unless it could since. */
  get failure(): unknown {
    return this.failing.values().next().value;
  }

  release(name: string): void {
    if (!this.namespaces.inMemory(name)) return;
    this.leaving.add(name);
    this.waiting.add(name);
  }

  /** One slice; true = there is more. */
  slice(): boolean {
    const [next] = this.waiting;
    if (next !== undefined && this.pause.isOver) this.step(next);
    else this.learn(LEARNING_MS);
    return (
      (this.waiting.size > 0 && this.pause.isOver) || this.namespaces.summaries.nextUnread() !== undefined
    );
  }

  /** Looks into namespaces for so long; true = none is left. */
  learn(milliseconds: number): boolean {
    const until = this.clock.now() + milliseconds;
    while (this.namespaces.learnNext()) if (this.clock.now() > until) break;
    return this.namespaces.summaries.nextUnread() === undefined;
  }

  /** Writes checkpoints of what is in memory, for at most so long; what fails stays in its journal. */
  finish(milliseconds: number): void {
    const until = this.clock.now() + milliseconds;
    for (const name of this.namespaces.namesInMemory()) this.finishOne(name, until);
  }

  /** Writes down what is in memory of a namespace and lets it go, now; what fails is tried again later. */
  finishOne(name: string, until = Number.POSITIVE_INFINITY): void {
    this.release(name);
    while (this.waiting.has(name) && this.pause.isOver && this.clock.now() <= until) this.step(name);
  }

  private step(name: string): void {
    try {
      const namespace = this.needed(name);
      if (!namespace) {
        this.done(name);
        return;
      }
      this.owner.own();
      if (!this.work(namespace)) return;
      this.pause.succeeded();
      if (this.leaving.has(name) || namespace.isUncertain || namespace.isVoid) this.namespaces.forget(name);
      if (namespace.isVoid) this.namespaces.summaries.delete(name);
      this.done(name);
    } catch {
      this.pause.failed();
      // To the end: the next try is another's, should this one's files alone be what fails.
      if (this.waiting.delete(name)) this.waiting.add(name);
    }
  }

  /** In memory, unless there is nothing to be done for it. */
  private needed(name: string): JsonNamespace | undefined {
    const held = this.namespaces.inMemory(name);
    return held ?? (this.failing.has(name) ? this.namespaces.read(name) : undefined);
  }

  /** True = nothing is left to do for it. */
  private work(namespace: JsonNamespace): boolean {
    if (namespace.isVoid) return true;
    // Another one's files are not written over: the next change reads them.
    if (!namespace.isAsLeft()) return true;
    if (namespace.needsRepair) namespace.repair();
    if (namespace.rows.isEmpty) namespace.removeFiles();
    else if (namespace.hasJournal || this.failing.has(namespace.name)) return namespace.advance();
    return true;
  }

  /** Nothing is left to do for it. */
  done(name: string): void {
    this.waiting.delete(name);
    this.failing.delete(name);
    this.leaving.delete(name);
  }
}
