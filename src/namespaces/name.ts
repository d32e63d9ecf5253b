import { AppError } from '../base/errors.js';
import { strictProblem } from '../base/name-labels.js';

/** Pattern of names when none is set. */
export const DEFAULT_PATTERN = '^[a-zA-Z0-9_.-]{1,64}$';
/** No name has more characters, or bytes in UTF-8, whatever the pattern: it must fit into file names. */
export const MAX_NAME_LENGTH = 64;
export interface NamespaceNameOptions {
  /** Regular expression that a whole name must match, checked with `patternProblem` before; default `DEFAULT_PATTERN`. */
  readonly pattern?: string;
  /** `strict` also refuses empty labels, more than 5 labels, and reserved names. Default `pattern`. */
  readonly policy?: 'pattern' | 'strict';
  /** Name that is meant when a request has none; it is always allowed. Default `default`. */
  readonly defaultName?: string;
}

/** Decides which namespace a request names, and which names are none. */
export class NamespaceNames {
  readonly defaultName: string;
  private readonly pattern: RegExp;
  private readonly policy: 'pattern' | 'strict';

  constructor({
    pattern = DEFAULT_PATTERN,
    policy = 'pattern',
    defaultName = 'default',
  }: NamespaceNameOptions = {}) {
    this.pattern = anchored(pattern);
    this.policy = policy;
    this.defaultName = defaultName;
  }

  /**
   * The namespace of a header as it came, once (`'a'`) or as a list of all its values. Absent or empty means the
   * default. Throws `AppError` `BAD_REQUEST` for a name that is refused and for a header given twice.
   */
  parse(header: string | readonly string[] | undefined): string {
    const values = typeof header === 'string' ? [header] : (header ?? []);
    if (values.length > 1) throw invalidNamespace();
    const name = values[0] ?? '';
    if (name === '' || name === this.defaultName) return this.defaultName;
    if (!this.accepts(name)) throw invalidNamespace();
    return name;
  }

  /** Whether a name may be used. Costs a bounded number of steps for any input if the pattern passed its check. */
  accepts(name: string): boolean {
    if (name.length === 0 || name.length > MAX_NAME_LENGTH || name === '.' || name === '..') return false;
    if (Buffer.byteLength(name) > MAX_NAME_LENGTH) return false;
    if (!isPrintable(name) || !this.pattern.test(name)) return false;
    return this.policy === 'pattern' || strictProblem(name) === undefined;
  }
}

/** The pattern held to the whole name, whether or not it says so itself. */
export function anchored(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}

/** False for control characters and halves of surrogate pairs, which no log, metric or path could show. */
function isPrintable(name: string): boolean {
  return !/[\p{Cc}\p{Cs}]/u.test(name);
}

function invalidNamespace(): AppError {
  return new AppError('BAD_REQUEST', 'Invalid namespace');
}
