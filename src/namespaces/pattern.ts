import { anchored, MAX_NAME_LENGTH } from './name.js';
import { EMPTY, PatternAutomaton, type PatternNode, SYMBOLS } from './pattern-automaton.js';

/** Steps a match may take at worst. 64 characters, each read once, take 64; `[a-z]*[a-z]` some 2000. */
const MAX_STEPS = 8192;
const OTHER = SYMBOLS - 1;

/**
 * Why a setting cannot be the pattern of names, as the end of a sentence that begins with the setting; undefined when
 * it can. Refused: what is no regular expression, what could take a name of 64 characters more than 8192 steps (nested
 * and overlapping repetition), what this check does not understand (look-around, back-references, flags, `\p{…}`), and
 * what does not match `defaultName`.
 */
export function patternProblem(pattern: string, defaultName = 'default'): string | undefined {
  try {
    new RegExp(pattern);
    const steps = new PatternReader(pattern).steps();
    if (steps > MAX_STEPS) return `may take ${formatSteps(steps)} steps to match one name`;
  } catch (cause) {
    if (cause instanceof SyntaxError) return 'is not a regular expression';
    if (cause instanceof RangeError) return `cannot be shown to match in linear time: ${cause.message}`;
    throw cause;
  }
  const fits = defaultName.length <= MAX_NAME_LENGTH && anchored(pattern).test(defaultName);
  return fits ? undefined : `does not match the default namespace "${defaultName}"`;
}

function formatSteps(steps: number): string {
  return steps < 1e6 ? `${Math.round(steps)}` : 'over a million';
}

/** Reads the part of the regular expression language that names need, into an automaton. */
class PatternReader {
  private readonly automaton = new PatternAutomaton();
  private at = 0;

  constructor(private readonly source: string) {}

  /** Throws `RangeError` for what it does not understand. */
  steps(): number {
    const node = this.readAlternatives();
    if (this.at < this.source.length) throw new RangeError(`"${this.source[this.at]}" is not understood`);
    return this.automaton.steps(node, MAX_NAME_LENGTH);
  }

  private readAlternatives(): PatternNode {
    const alternatives = [this.readSequence()];
    while (this.source[this.at] === '|') {
      this.at += 1;
      alternatives.push(this.readSequence());
    }
    return this.automaton.alternatives(alternatives);
  }

  private readSequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (this.at < this.source.length && !'|)'.includes(this.source[this.at]!)) parts.push(this.readPart());
    return this.automaton.sequence(parts);
  }

  /** A character, class or group with its quantifier. A repeated one is read again for each time it may occur. */
  private readPart(): PatternNode {
    const start = this.at;
    const once = this.readAtom();
    const bounds = this.readQuantifier();
    if (!bounds) return once;
    if (once.empty > 0) throw new RangeError('something that may be empty is repeated');
    const end = this.at;
    const again = () => {
      this.at = start;
      const node = this.readAtom();
      this.at = end;
      return node;
    };
    return this.repeat(once, again, bounds);
  }

  private repeat(once: PatternNode, again: () => PatternNode, [least, most]: [number, number]): PatternNode {
    const { automaton } = this;
    const required = Array.from({ length: least }, (_, index) => (index === 0 ? once : again()));
    if (most === Number.POSITIVE_INFINITY) {
      const last = required.pop();
      const tail = automaton.repeated(last ?? once);
      return automaton.sequence([...required, last ? tail : automaton.optional(tail)]);
    }
    let rest: PatternNode = EMPTY;
    for (let extra = least; extra < most; extra += 1) {
      const node = extra === 0 ? once : again();
      rest = automaton.optional(automaton.sequence([node, rest]));
    }
    return automaton.sequence([...required, rest]);
  }

  private readQuantifier(): [number, number] | undefined {
    const found = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/.exec(this.source.slice(this.at));
    if (!found) return undefined;
    this.at += found[0].length;
    const [, sign, least, comma, most] = found;
    if (sign) return sign === '?' ? [0, 1] : [sign === '*' ? 0 : 1, Number.POSITIVE_INFINITY];
    // More than a name can hold is as good as all it can hold.
    const bound = (digits: string) => Math.min(Number(digits), MAX_NAME_LENGTH + 1);
    if (comma === '') return [bound(least!), bound(least!)];
    return [bound(least!), most === '' ? Number.POSITIVE_INFINITY : bound(most!)];
  }

  private readAtom(): PatternNode {
    const rest = this.source.slice(this.at);
    if (rest.startsWith('(')) return this.readGroup(rest);
    const anchor = /^(?:[$^]|\\[bB])/.exec(rest);
    if (anchor) {
      this.at += anchor[0].length;
      return EMPTY;
    }
    const atom = /^(?:\[(?:\\.|[^\]\\])*\]|\\[dDsSwW]|\\[^a-zA-Z0-9]|[^\\()[\]{}*+?|])/.exec(rest);
    if (!atom) throw new RangeError(`"${rest.slice(0, 3)}" is not understood`);
    this.at += atom[0].length;
    return this.automaton.character(symbolsOf(atom[0]));
  }

  private readGroup(rest: string): PatternNode {
    const opening = /^\((?:\?(?::|<[a-zA-Z]\w*>)|(?!\?))/.exec(rest);
    if (!opening) throw new RangeError(`"${rest.slice(0, 3)}" is not understood`);
    this.at += opening[0].length;
    const node = this.readAlternatives();
    this.at += 1;
    return node;
  }
}

/** What one character or class takes. Anything that names or could reach beyond ASCII takes all that is beyond. */
function symbolsOf(atom: string): boolean[] {
  const test = new RegExp(`^${atom}$`);
  const symbols = Array.from(
    { length: SYMBOLS },
    (_, code) => code < OTHER && test.test(String.fromCharCode(code)),
  );
  const staysInAscii = /^(?:\\[dw]|\[(?!\^)(?:\\[dw]|\\[^a-zA-Z0-9]|[\x20-\x7e])*\]|\\?[\x20-\x7e])$/.test(
    atom,
  );
  symbols[OTHER] = atom === '.' || !staysInAscii;
  return symbols;
}
