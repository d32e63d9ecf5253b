/** A regular expression as a tree; `atom` matches one UTF-16 code unit. */
export type PatternNode =
  | { readonly kind: 'atom'; readonly source: string }
  | { readonly kind: 'sequence'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'choice'; readonly parts: readonly PatternNode[] }
  | { readonly kind: 'repeat'; readonly body: PatternNode; readonly min: number; readonly max: number };

/**
 * Reads the part of JavaScript's pattern syntax that can be checked for running time: literals, escapes, classes, groups,
 * alternatives and quantifiers. Throws `Error` that names what it cannot read (look-around, back references, inner
 * anchors, Unicode properties).
 */
export function parsePattern(source: string): PatternNode {
  const reader = new PatternReader(source);
  const node = reader.choice();
  if (!reader.atEnd) throw new Error('closes a group that is not open');
  return node;
}

const ATOM_ESCAPE = /\\(?:[dDwWsStnrvf]|0(?!\d)|x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^A-Za-z0-9])/y;
const CLASS = /\[(?:[^\\\]]|\\[\s\S])*\]/y;
const QUANTIFIER = /(?:([*+?])|\{(\d{1,4})(,(\d{1,4})?)?\})\??/y;
const GROUP = /\((?:\?:|\?<[A-Za-z_]\w*>|(?!\?))/y;

class PatternReader {
  private at = 0;

  constructor(private readonly source: string) {}

  get atEnd(): boolean {
    return this.at >= this.source.length;
  }

  choice(): PatternNode {
    const parts = [this.sequence()];
    while (this.source[this.at] === '|') {
      this.at += 1;
      parts.push(this.sequence());
    }
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): PatternNode {
    const parts: PatternNode[] = [];
    while (!this.atEnd && this.source[this.at] !== '|' && this.source[this.at] !== ')') {
      parts.push(this.quantified());
    }
    return { kind: 'sequence', parts };
  }

  private quantified(): PatternNode {
    const body = this.single();
    const match = this.take(QUANTIFIER);
    if (!match) return body;
    const [, symbol, least, comma, most] = match;
    if (symbol)
      return { kind: 'repeat', body, min: symbol === '+' ? 1 : 0, max: symbol === '?' ? 1 : Infinity };
    const min = Number(least);
    return { kind: 'repeat', body, min, max: most !== undefined ? Number(most) : comma ? Infinity : min };
  }

  private single(): PatternNode {
    if (this.take(GROUP)) {
      const inner = this.choice();
      if (this.source[this.at] !== ')') throw new Error('leaves a group open');
      this.at += 1;
      return inner;
    }
    const found = this.take(ATOM_ESCAPE) ?? this.take(CLASS);
    if (found) return { kind: 'atom', source: found[0] };
    const character = this.source[this.at]!;
    if ('^$\\()*+?{}[]'.includes(character))
      throw new Error(`uses "${this.source.slice(this.at, this.at + 4)}"`);
    this.at += 1;
    return { kind: 'atom', source: character };
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.source);
    if (!match) return undefined;
    this.at += match[0].length;
    return match;
  }
}
