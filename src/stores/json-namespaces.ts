import type { EngineEvents } from './engine.js';
import type { FolderOwner } from './folder-owner.js';
import { JsonNamespace, type JsonNamespaceOptions } from './json-namespace.js';
import { readSummary } from './json-summary.js';
import { NamespaceSummaries, UNREADABLE } from './namespace-summaries.js';
import { type OpenBounds, OpenNamespaces } from './open-namespaces.js';
import { RetryPause } from './retry-pause.js';
import { listAside } from './set-aside.js';

/**
 * All namespaces of a folder: those in memory, and what is known of the others. Opens what is asked for, mends what is
 * damaged as soon as the disk lets it, and reads anew what someone else replaced. Throws `StorageError` and what the
 * file system throws.
 */
export class JsonNamespaces {
  readonly summaries = new NamespaceSummaries();
  private readonly open: OpenNamespaces;
  private readonly events: EngineEvents;
  /** Who could not be looked into; tried again after a while. */
  private readonly unreadable = new Set<string>();
  private readonly pause: RetryPause;
  private isListed = false;

  constructor(
    private readonly options: JsonNamespaceOptions,
    private readonly owner: () => FolderOwner,
    bounds: OpenBounds,
    /** Told of every use of a namespace in memory. */
    private readonly onUsed: (namespace: JsonNamespace) => void,
  ) {
    this.events = options.events;
    this.pause = new RetryPause(options.clock);
    this.open = new OpenNamespaces(bounds, (namespace) => namespace.cancelCheckpoint());
  }

  /** Learns the names, if it does not have them. */
  list(): void {
    if (this.isListed) return;
    for (const name of this.options.paths.list(this.options.files)) this.summaries.found(name);
    this.isListed = true;
  }

  /** Looks into one of the namespaces that are known by name alone; false = there is none. */
  learnNext(): boolean {
    if (this.unreadable.size > 0 && this.pause.isOver) this.lookAgain();
    const name = this.summaries.nextUnread();
    if (name === undefined) return false;
    try {
      const summary = readSummary(this.options.files, this.options.paths, name);
      if (summary) {
        this.summaries.set(name, summary);
        this.options.sequences.passed(summary.lastSequence);
      } else if (this.read(name).isVoid) this.summaries.delete(name);
    } catch {
      // Whoever asks for it hears why; others are not to.
      this.passOver(name);
    }
    return true;
  }

  inMemory(name: string): JsonNamespace | undefined {
    return this.open.peek(name);
  }

  namesInMemory(): string[] {
    return this.open.names();
  }

  /** The namespace with its rows in memory. */
  read(name: string): JsonNamespace {
    const held = this.open.peek(name);
    if (held) {
      this.open.touch(held);
      this.onUsed(held);
      return held;
    }
    const namespace = this.readFiles(name);
    if (namespace.needsRepair) this.tryRepair(namespace);
    this.note(namespace);
    return namespace;
  }

  /** Does something that writes. */
  change<T>(name: string, work: (namespace: JsonNamespace) => T): T {
    this.owner().own();
    let namespace = this.read(name);
    if (!namespace.isAsLeft()) {
      this.forget(name);
      this.events.replaced(name);
      namespace = this.read(name);
    }
    if (namespace.needsRepair) this.repair(namespace);
    try {
      return work(namespace);
    } finally {
      this.note(namespace);
    }
  }

  /**
   * Removes its files and what was set aside of them, whatever is in them, and answers which. The journal goes last: while
   * it is there it says, where it could be told, that nothing is left.
   */
  erase(name: string): string[] {
    this.owner().own();
    try {
      this.change(name, (namespace) => namespace.drop());
    } catch {
      // Of a newer format, or there is no room for another entry: the files go as they are.
    }
    this.forget(name);
    const { files, paths } = this.options;
    const all = paths.allOf(name);
    const journal = paths.pathOf(name, 'journal');
    const found = [...listAside(files, all), ...all].filter((path) => files.facts(path) !== undefined);
    for (const path of found) if (path !== journal) files.remove(path);
    for (const folder of paths.foldersOf(name)) if (files.facts(folder)) files.syncFolder(folder);
    files.remove(journal);
    this.summaries.delete(name);
    this.unreadable.delete(name);
    return found;
  }

  /** Lets its memory go; its files stay. */
  forget(name: string): void {
    this.open.peek(name)?.cancelCheckpoint();
    this.open.forget(name);
  }

  /** The folder is another one. */
  forgetAll(): void {
    for (const name of this.open.names()) this.forget(name);
    this.summaries.clear();
    this.isListed = false;
    this.events.replaced(null);
  }

  private readFiles(name: string): JsonNamespace {
    try {
      return new JsonNamespace(name, this.options);
    } catch (cause) {
      this.passOver(name);
      throw cause;
    }
  }

  /** Until it can be read it counts for nothing. */
  private passOver(name: string): void {
    this.summaries.set(name, UNREADABLE);
    if (this.unreadable.size === 0) this.pause.failed();
    this.unreadable.add(name);
  }

  private lookAgain(): void {
    for (const name of this.unreadable) {
      if (this.summaries.get(name) !== UNREADABLE) continue;
      this.summaries.delete(name);
      this.summaries.found(name);
    }
    this.unreadable.clear();
  }

  /** Keeps account of a namespace as it is now. */
  private note(namespace: JsonNamespace): void {
    const { name } = namespace;
    if (namespace.isUncertain) {
      this.forget(name);
      this.summaries.delete(name);
      this.summaries.found(name);
      this.events.replaced(name);
    } else if (namespace.isVoid) {
      this.forget(name);
      this.summaries.delete(name);
    } else {
      this.summaries.set(name, namespace.rows.summary());
      this.open.touch(namespace);
      this.onUsed(namespace);
    }
  }

  /** On a disk that cannot be written its rows are read as they are, and changes wait. */
  private tryRepair(namespace: JsonNamespace): void {
    try {
      this.owner().own();
      this.repair(namespace);
    } catch {
      return;
    }
  }

  private repair(namespace: JsonNamespace): void {
    namespace.repair();
    this.events.replaced(namespace.name);
  }
}
