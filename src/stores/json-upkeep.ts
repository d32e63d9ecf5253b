import { dirname, join, relative } from 'node:path';
import type { Clock } from '../base/clock.js';
import { makeFolder } from '../base/make-folder.js';
import { attempting } from './disk-failure.js';
import { diskFiles, type Files } from './files.js';
import { writeCheckpoint } from './json-checkpoint.js';
import { type LoadedNamespace, loadServed } from './json-load.js';
import { JsonNamespace } from './json-namespace.js';
import { JsonPaths, type JsonTemplates } from './json-paths.js';
import { Sequences } from './sequences.js';
import { listAside } from './set-aside.js';
import { StorageError } from './store.js';
import type { CompactedPart, RepairedPart, StatePart, StateUpkeep } from './upkeep.js';

/** Upkeep of JSON files by template; a part is all files of one namespace. */
export class JsonUpkeep implements StateUpkeep {
  private readonly files: Files = diskFiles();
  private readonly paths: JsonPaths;

  constructor(
    private readonly folder: string,
    private readonly templates: JsonTemplates,
    private readonly clock: Clock,
  ) {
    this.paths = new JsonPaths(templates, folder);
  }

  parts(): StatePart[] {
    return attempting(this.folder, () =>
      [...this.paths.list(this.files)]
        .sort()
        .map((namespace) => ({ namespace, path: this.paths.pathOf(namespace, 'narrative') })),
    );
  }

  inspect({ namespace, path }: StatePart): string[] {
    const { damaged, missing } = attempting(path, () => this.load(namespace!));
    return [
      ...damaged.map((file) => `${this.named(file)} is not as it was written`),
      ...missing.map((file) => `${this.named(file)} is missing`),
    ];
  }

  repair({ namespace, path }: StatePart): RepairedPart | undefined {
    return attempting(path, () => {
      const setAside: string[] = [];
      const held = this.hold(namespace!, (newPath) => setAside.push(newPath));
      if (!held.needsRepair) return undefined;
      held.repair();
      // What is missing was not there to be set aside.
      return { setAside: setAside.filter((newPath) => newPath !== ''), kept: held.rows.summary().rows };
    });
  }

  setAside(namespace: string): string[] {
    return attempting(this.folder, () => listAside(this.files, this.paths.allOf(namespace)));
  }

  compact({ namespace, path }: StatePart): CompactedPart {
    return attempting(path, () => {
      const before = this.sizeOf(namespace!);
      const held = this.hold(namespace!, () => {});
      // A checkpoint takes the place of what is damaged.
      if (held.needsRepair) throw new StorageError('damaged', `${path} is damaged: repair it first`);
      if (held.hasJournal) while (!held.advance()) {}
      return { before, after: this.sizeOf(namespace!) };
    });
  }

  /** One checkpoint of the rows at the moment they are read; it needs no journal. */
  async backup({ namespace, path }: StatePart, folder: string): Promise<void> {
    attempting(path, () => {
      const { rows, entry } = this.load(namespace!);
      if (rows.isEmpty) return;
      const state = {
        namespace: namespace!,
        generation: 1,
        entry,
        rows: rows.snapshot(),
        summary: rows.summary(),
      };
      const steps = writeCheckpoint(this.files, new JsonPaths(this.templates, folder), state);
      while (!steps.next().done) {}
    });
  }

  retire({ namespace, path }: StatePart, folder: string): void {
    attempting(path, () => {
      for (const file of this.paths.allOf(namespace!)) {
        if (this.files.facts(file) === undefined) continue;
        const target = join(folder, relative(this.folder, file));
        makeFolder(dirname(target));
        this.files.rename(file, target);
      }
    });
  }

  private load(namespace: string): LoadedNamespace {
    return loadServed(this.files, this.paths, namespace);
  }

  private hold(namespace: string, onSetAside: (newPath: string) => void): JsonNamespace {
    const { files, paths, clock } = this;
    return new JsonNamespace(namespace, {
      files,
      paths,
      clock,
      sequences: new Sequences(clock),
      sync: 'full',
      journalBytes: 0,
      events: {
        quarantined: (_namespace, _path, newPath) => newPath !== null && onSetAside(newPath),
        replaced: () => {},
      },
    });
  }

  private sizeOf(namespace: string): number {
    const sizes = this.paths.allOf(namespace).map((file) => this.files.facts(file)?.bytes ?? 0);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  private named(file: string): string {
    return relative(this.folder, file);
  }
}
