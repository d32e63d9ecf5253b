import { dirname } from 'node:path';
import type { Files } from './files.js';
import { type FilePart, PARTS, type Part } from './json-format.js';
import { type TemplatePaths, templatePaths } from './templates.js';

/** Templates of the three files of a namespace, relative to the storage folder. */
export type JsonTemplates = Readonly<Record<Part, string>>;

/** Ending of a file that is being written, or is whole and not yet moved into place. */
export const NEXT = '.next';
const JOURNAL = '.journal';

/** Where the files of namespaces are. */
export class JsonPaths {
  private readonly byPart: Readonly<Record<Part, TemplatePaths>>;

  constructor(templates: JsonTemplates, folder: string) {
    const paths = (part: Part) => templatePaths(templates[part], folder);
    this.byPart = { narrative: paths('narrative'), pheromones: paths('pheromones'), index: paths('index') };
  }

  pathOf(namespace: string, part: FilePart): string {
    if (part === 'journal') return this.byPart.narrative.pathOf(namespace) + JOURNAL;
    return this.byPart[part].pathOf(namespace);
  }

  /** The folders that hold a namespace's files. */
  foldersOf(namespace: string): string[] {
    return [...new Set(PARTS.map((part) => dirname(this.pathOf(namespace, part))))];
  }

  /** Every name the namespace's files can have, in the order in which they may go: the journal last. */
  allOf(namespace: string): string[] {
    const parts = PARTS.map((part) => this.pathOf(namespace, part));
    const journal = this.pathOf(namespace, 'journal');
    return [...parts.map((path) => path + NEXT), ...parts, journal + NEXT, journal];
  }

  /** The namespaces that seem to have files, told from names alone. Costs a listing of the folders. */
  list(files: Files): Set<string> {
    const names = new Set<string>();
    const entries = new Map<string, string[]>();
    for (const { folder, namespaceOf } of Object.values(this.byPart)) {
      if (!entries.has(folder)) entries.set(folder, files.list(folder));
      for (const entry of entries.get(folder)!) {
        const ending = [JOURNAL, NEXT].find((one) => entry.endsWith(one)) ?? '';
        const namespace = namespaceOf(entry.slice(0, entry.length - ending.length));
        if (namespace !== undefined) names.add(namespace);
      }
    }
    return names;
  }
}
