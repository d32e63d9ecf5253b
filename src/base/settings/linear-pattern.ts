import { type PatternNode, parsePattern } from './pattern-syntax.js';

/** Most atoms after repeats are written out, and most steps of the check. */
const MAX_POSITIONS = 512;
const MAX_STEPS = 5_000_000;

/**
 * Why matching a name against this pattern might take more than linear time, or undefined if it cannot. The pattern must
 * run from `^` to `$`.
 *
 * A backtracking matcher tries every way in which the start of a text fits. Where no text fits in two ways, each position
 * of the pattern is reached at most once per character, so time is at most (positions × length). The check: write the
 * repeats out, build the position automaton (Glushkov 1961) and look for a text with two runs in the product of the
 * automaton with itself (Book, Even, Greibach, Ott 1971). Refuses some harmless patterns, never accepts a harmful one.
 * Cost: bounded; milliseconds at start.
 */
export function slowPatternReason(pattern: string): string | undefined {
  if (!pattern.startsWith('^') || !pattern.endsWith('$')) return 'it does not run from ^ to $';
  try {
    new RegExp(pattern);
    const tree = parsePattern(pattern.slice(1, -1));
    if (tree.kind === 'choice') return 'its anchors hold only one of the alternatives; put them in a group';
    return new PositionAutomaton(pattern, tree).ambiguity();
  } catch (error) {
    return `it cannot be checked: ${(error as Error).message}`;
  }
}

/** Where a part of the pattern may begin and end, and whether it may match nothing. */
interface Part {
  readonly nullable: boolean;
  readonly first: readonly number[];
  readonly last: readonly number[];
}

const NOTHING: Part = { nullable: true, first: [], last: [] };

class PositionAutomaton {
  private readonly atoms: string[] = [];
  private readonly follow: Set<number>[] = [];
  private readonly whole: Part;
  private readonly samples: string[];
  private readonly members = new Map<string, boolean[]>();
  private readonly meetings = new Map<string, boolean>();

  constructor(pattern: string, tree: PatternNode) {
    this.samples = sampleCharacters(pattern);
    this.whole = this.build(tree);
  }

  private build(node: PatternNode): Part {
    if (node.kind === 'atom') return this.position(node.source);
    if (node.kind === 'choice') return this.choose(node.parts.map((part) => this.build(part)));
    if (node.kind === 'sequence')
      return node.parts.reduce((left, part) => this.join(left, this.build(part)), NOTHING);
    return this.repeat(node.body, node.min, node.max);
  }

  private position(source: string): Part {
    if (this.atoms.length >= MAX_POSITIONS) throw new Error(`it has more than ${MAX_POSITIONS} positions`);
    const index = this.atoms.push(source) - 1;
    this.follow.push(new Set());
    return { nullable: false, first: [index], last: [index] };
  }

  private choose(parts: readonly Part[]): Part {
    if (parts.filter((part) => part.nullable).length > 1) throw new Error('two alternatives can be empty');
    return {
      nullable: parts.some((part) => part.nullable),
      first: parts.flatMap((part) => part.first),
      last: parts.flatMap((part) => part.last),
    };
  }

  private join(left: Part, right: Part): Part {
    this.connect(left.last, right.first);
    return {
      nullable: left.nullable && right.nullable,
      first: left.nullable ? [...left.first, ...right.first] : left.first,
      last: right.nullable ? [...left.last, ...right.last] : right.last,
    };
  }

  private repeat(body: PatternNode, min: number, max: number): Part {
    const copies = Math.max(min, max === Infinity ? 1 : max);
    const built: Part[] = [];
    for (let copy = 0; copy < copies; copy += 1) built.push(this.build(body));
    if (built.some((part) => part.nullable)) throw new Error('something that can be empty is repeated');
    if (max === Infinity) this.connect(built.at(-1)!.last, built.at(-1)!.first);
    // From the right, so that a{1,3} is a(a(a)?)? and each copy is entered from its neighbour only.
    return built.reduceRight((rest, part, index) => {
      const joined = this.join(part, rest);
      return index < min ? joined : { ...joined, nullable: true };
    }, NOTHING);
  }

  private connect(from: readonly number[], to: readonly number[]): void {
    for (const source of from) {
      for (const target of to) {
        if (this.follow[source]!.has(target)) throw new Error('a repeat inside a repeat fits in two ways');
        this.follow[source]!.add(target);
      }
    }
  }

  /** Walks all pairs of different positions that one text can reach. */
  ambiguity(): string | undefined {
    const ends = new Set(this.whole.last);
    const seen = new Set<number>();
    const queue: [number, number][] = [];
    let steps = 0;
    /** Adds the pairs one more character leads to; true if two different runs come together. */
    const advance = (left: Iterable<number>, right: readonly number[], sameSource: boolean): boolean => {
      for (const a of left) {
        for (const b of right) {
          steps += 1;
          if (a === b ? sameSource : !this.meet(a, b)) continue;
          if (a === b) return true;
          const key = Math.min(a, b) * MAX_POSITIONS + Math.max(a, b);
          if (seen.has(key)) continue;
          seen.add(key);
          queue.push([a, b]);
        }
      }
      return false;
    };
    advance(this.whole.first, this.whole.first, true);
    for (const next of this.follow) advance(next, [...next], true);
    for (let pair = queue.pop(); pair; pair = queue.pop()) {
      const [a, b] = pair;
      if (ends.has(a) && ends.has(b)) return 'a name can match it in two ways';
      if (advance(this.follow[a]!, [...this.follow[b]!], false)) return 'a name can match it in two ways';
      if (steps > MAX_STEPS) return 'it is too large to check';
    }
    return undefined;
  }

  /** Whether one character fits both positions. */
  private meet(a: number, b: number): boolean {
    const key = JSON.stringify([this.atoms[a], this.atoms[b]]);
    let met = this.meetings.get(key);
    if (met === undefined) {
      const right = this.membersOf(this.atoms[b]!);
      met = this.membersOf(this.atoms[a]!).some((member, index) => member && right[index]!);
      this.meetings.set(key, met);
    }
    return met;
  }

  private membersOf(atom: string): boolean[] {
    let members = this.members.get(atom);
    if (!members) {
      const single = new RegExp(`^${atom}$`);
      members = this.samples.map((character) => single.test(character));
      this.members.set(atom, members);
    }
    return members;
  }
}

/** Escapes with borders outside Latin-1: white space (`\s`) and line ends (`.`). */
const FAR_BORDERS = [0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff];

/** One code unit at least from every piece into which the pattern's classes cut the alphabet. */
function sampleCharacters(pattern: string): string[] {
  const codes = new Set<number>(Array.from({ length: 256 }, (_, code) => code));
  const written = [...pattern.matchAll(/\\u([\da-fA-F]{4})/g)].map((match) => Number.parseInt(match[1]!, 16));
  const literal = Array.from({ length: pattern.length }, (_, index) => pattern.charCodeAt(index));
  for (const code of [...FAR_BORDERS, ...written, ...literal, 0xffff]) {
    for (const near of [code - 1, code, code + 1]) if (near >= 0 && near <= 0xffff) codes.add(near);
  }
  return [...codes].map((code) => String.fromCharCode(code));
}
