import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';

/** Where something stands in a parsed file: keys of mappings and indices of lists, from the top. */
export type YamlPath = readonly (string | number)[];

/** Something wrong at a place. */
export interface YamlProblem {
  /** From 1. */
  readonly line: number;
  /** Empty where the text is no YAML. */
  readonly path: YamlPath;
  readonly message: string;
}

/** Deeper nesting is refused. */
const MAX_DEPTH = 32;
/** How often anchors may be used, and what they may unfold to, as the parser counts. */
const MAX_ALIASES = 100;

/**
 * One YAML document as plain JSON values that know on which line they stand. Keys are text, no key comes twice in a
 * mapping, nothing refers to itself, tags that mean nothing here are refused.
 */
export class LocatedYaml {
  /** The whole as JSON; undefined once `problems` has any. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;

  /** @param text bounded by whoever read it: costs time by its length, about a second a MiB */
  constructor(text: string) {
    // Whether keys are unique is asked below: the parser's own check costs the square of their number.
    this.document = parseDocument(text, {
      lineCounter: this.lines,
      stringKeys: true,
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    });
    const broken = [...this.document.errors, ...this.document.warnings].map(({ pos, message }) => ({
      line: this.lines.linePos(pos[0]).line,
      path: [],
      message,
    }));
    const problems = broken.length > 0 ? broken : this.structureProblems();
    if (problems.length === 0) this.value = this.toJson(problems);
    this.problems = problems;
  }

  /** The line of a place, or of the nearest one around it that is there. */
  lineOf(path: YamlPath): number {
    let node: unknown = this.document.contents;
    let offset = startOf(node) ?? 0;
    for (const step of path) {
      const inside = this.resolved(node);
      if (!isCollection(inside)) break;
      const pair = isMap(inside) ? inside.items.find(({ key }) => textOf(key) === step) : undefined;
      const child = pair === undefined ? inside.get(step, true) : pair.value;
      const at = startOf(pair === undefined ? child : pair.key);
      if (at === undefined) break;
      [node, offset] = [child, at];
    }
    return this.lines.linePos(offset).line;
  }

  /** Whether the file itself has something at a place. */
  has(path: YamlPath): boolean {
    let node: unknown = this.document.contents;
    for (const step of path) {
      const inside = this.resolved(node);
      if (!isCollection(inside) || !inside.has(step)) return false;
      node = inside.get(step, true);
    }
    return true;
  }

  private structureProblems(): YamlProblem[] {
    const problems: YamlProblem[] = [];
    const note = (node: unknown, message: string) =>
      problems.push({ line: this.lines.linePos(startOf(node) ?? 0).line, path: [], message });
    visit(this.document, {
      Collection: (_, node, ancestors) => {
        if (ancestors.filter(isCollection).length < MAX_DEPTH) return undefined;
        note(node, `nested deeper than ${MAX_DEPTH} levels`);
        return visit.BREAK;
      },
      Map: (_, node) => {
        const seen = new Set<string>();
        for (const { key } of node.items) {
          const name = textOf(key);
          // A copy of what holds it may lose it, or become another thing.
          if (name === '__proto__') note(key, 'the key __proto__ is no name for a field');
          if (seen.has(name)) note(key, `the key ${JSON.stringify(name)} is there twice`);
          seen.add(name);
        }
      },
      Scalar: (key, node) => {
        if (key !== 'key' && typeof node.value === 'number' && !Number.isFinite(node.value))
          note(node, 'expected a finite number');
      },
    });
    return problems;
  }

  /** Anchors are followed here, so far as they unfold to something bounded. */
  private toJson(problems: YamlProblem[]): unknown {
    try {
      const value: unknown = this.document.toJS({ maxAliasCount: MAX_ALIASES });
      if (isWithin(value, MAX_DEPTH)) return value;
      problems.push({ line: 1, path: [], message: `nested deeper than ${MAX_DEPTH} levels` });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      problems.push({ line: 1, path: [], message: error.message });
    }
    return undefined;
  }

  private resolved(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.document) : node;
  }
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | null | undefined)?.range?.[0];
}

function textOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

/** False also for what contains itself. */
function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inside) => isWithin(inside, depth - 1));
}
