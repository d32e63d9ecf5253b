import { describe, expect, it } from 'vitest';
import { slowPatternReason } from '../../../src/base/settings/linear-pattern.js';

describe('a namespace pattern', () => {
  it.each([
    '^[a-zA-Z0-9_.-]{1,64}$',
    '^[a-z]+$',
    '^[a-z]+(?:\\.[a-z]+){0,4}$',
    '^(prod|preview)-[a-z0-9]{1,20}$',
    '^(?:acme|beta)-\\d+$',
    '^\\w+?$',
    '^a?b?c$',
    '^[а-я]+[a-z]$',
    '^x$',
    '^(?<tenant>[a-z]{3})_(?<rest>\\w{1,40})$',
  ])('%s is linear', (pattern) => {
    expect(slowPatternReason(pattern)).toBeUndefined();
  });

  it.each([
    ['^(a+)+$', 'two ways'],
    ['^(a|a)*b$', 'two ways'],
    ['^(a|ab|b)*c$', 'two ways'],
    ['^a*a*a*a*b$', 'two ways'],
    ['^(a?){30}b$', 'can be empty'],
    ['^(?:|){30}b$', 'can be empty'],
    ['^(a*)*b$', 'can be empty'],
    ['^\\w*\\d*x$', 'two ways'],
    ['^[\\s\\S]*[а-я]*$', 'two ways'],
    ['^(.)\\1$', 'cannot be checked'],
    ['^(?=a)a$', 'cannot be checked'],
    ['^a|b$', 'alternatives'],
    ['^a{1,600}$', 'positions'],
    ['^a(b$', 'cannot be checked'],
    ['^ab)c$', 'cannot be checked'],
    ['^a\\$', 'cannot be checked'],
    ['a+', 'from ^ to $'],
  ])('%s is refused', (pattern, reason) => {
    expect(slowPatternReason(pattern)).toContain(reason);
  });
});
