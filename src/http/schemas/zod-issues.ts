import type { z } from 'zod';
import type { ValidationIssue } from '../../base/errors.js';

type Issue = z.core.$ZodIssue;

/** More of a name that a caller made up says nothing. */
const MAX_NAME_LENGTH = 100;

const NOUNS: Readonly<Record<string, readonly [string, string]>> = {
  string: ['a string', 'string_type'],
  number: ['a number', 'float_type'],
  int: ['a whole number', 'int_type'],
  boolean: ['true or false', 'bool_type'],
  array: ['a list', 'list_type'],
  object: ['an object', 'dict_type'],
  record: ['an object', 'dict_type'],
};

/** A broken rule as answers tell it: for each unknown field by itself, and never with a piece of the value. */
export function toldOf(issue: Issue): ValidationIssue[] {
  const loc = issue.path.map(nameOf);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        loc: [...loc, nameOf(key)],
        msg: 'is not a field of this request',
        type: 'extra_forbidden',
      }));
    case 'invalid_union': {
      const meant = issue.errors.find((issues) => !issues.some(isOfAnotherKind));
      if (meant === undefined) return [{ loc, msg: `must be ${kindsOf(issue)}`, type: 'value_error' }];
      return meant.flatMap(toldOf).map((told) => ({ ...told, loc: [...loc, ...told.loc] }));
    }
    default: {
      const [msg, type] = sentenceOf(issue);
      return [{ loc, msg, type }];
    }
  }
}

function nameOf(part: PropertyKey): string | number {
  return typeof part === 'number' ? part : String(part).slice(0, MAX_NAME_LENGTH);
}

/** Whether an alternative of a union is for another kind of value than there is. */
function isOfAnotherKind(issue: Issue): boolean {
  const isOther = issue.code === 'invalid_type' && issue.path.length === 0;
  return isOther && !(issue.expected === 'int' && typeof issue.input === 'number');
}

/** The kinds of value that alternatives are for. */
function kindsOf({ errors }: z.core.$ZodIssueInvalidUnion): string {
  const kinds = errors.flat().filter((issue) => issue.code === 'invalid_type');
  return kinds.map(({ expected }) => NOUNS[expected]?.[0] ?? expected).join(' or ');
}

function sentenceOf(issue: Issue): readonly [string, string] {
  const isMissing = issue.input === undefined && ['invalid_type', 'invalid_value'].includes(issue.code);
  if (isMissing) return ['is required', 'missing'];
  switch (issue.code) {
    case 'invalid_type': {
      const [noun, type] = NOUNS[issue.expected] ?? [issue.expected, `${issue.expected}_type`];
      return [`must be ${noun}`, type];
    }
    case 'too_small':
      return isAmount(issue.origin)
        ? [
            `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`,
            'greater_than_equal',
          ]
        : [`must have at least ${issue.minimum} ${unitOf(issue.origin)}`, `${kindOf(issue.origin)}too_short`];
    case 'too_big':
      return isAmount(issue.origin)
        ? [
            `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`,
            'less_than_equal',
          ]
        : [`must have at most ${issue.maximum} ${unitOf(issue.origin)}`, `${kindOf(issue.origin)}too_long`];
    case 'invalid_value':
      return [
        `must be ${issue.values
          .map(String)
          .join(', ')
          .replace(/, ([^,]*)$/, ' or $1')}`,
        'enum',
      ];
    case 'invalid_key':
      return ['has a name that is empty or too long', 'value_error'];
    default:
      return [issue.message, 'value_error'];
  }
}

function isAmount(origin: string): boolean {
  return origin === 'number' || origin === 'int';
}

function unitOf(origin: string): string {
  return origin === 'string' ? 'characters' : 'entries';
}

function kindOf(origin: string): string {
  return origin === 'string' ? 'string_' : '';
}
