import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError, validationError } from '../../src/base/errors.js';
import { DeclaredError, MAX_DECLARED_BYTES, readDeclared } from '../../src/management/declared-file.js';

import { readDeclaredFile } from '../../src/management/read-declared-file.js';
import { REPOSITORY_ROOT } from '../fixtures/repository-root.js';
import { DeclaredHome, told } from './declared-home.js';

const FILE = 'namespaces.yaml';

function specs(text: string) {
  return readDeclared(text, FILE).declared.namespaces;
}

/** What is wrong with a text, a line each. */
function problems(text: string): readonly string[] {
  try {
    readDeclared(text, FILE);
  } catch (error) {
    if (error instanceof DeclaredError) return error.problems;
    throw error;
  }
  return [];
}

describe('a declared file', () => {
  it('may call tenant and parent as HTTP does', () => {
    expect(specs('namespaces: [{namespace: one-a, tenant_id: t, parent_id: two-b}]')).toMatchObject([
      { id: 'one-a', tenant_id: 't', parent_id: 'two-b' },
    ]);
    expect(specs('{defaults: {tenant_id: t}, namespaces: [{namespace: one-a}]}')[0]!.tenant_id).toBe('t');
  });

  it('has no key __proto__', () => {
    expect(problems('namespaces:\n  - namespace: one-a\n    metadata: {__proto__: {a: b}}\n')).toEqual([
      'namespaces.yaml:3: the key __proto__ is no name for a field',
    ]);
  });

  it('is UTF-8', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'declared-'));
    try {
      const path = join(folder, FILE);
      writeFileSync(path, Buffer.from('namespaces: [{namespace: one-a, owner: "J\u00f6rg"}]', 'latin1'));
      await expect(readDeclaredFile(path, FILE)).rejects.toThrow('namespaces.yaml: is not UTF-8');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says what each namespace is, in its own words', () => {
    const [one, ...others] = specs(`
namespaces:
  - namespace: user-profiles
    name: Profiles
    tenant: users
    parent: people
    tier: pro
    owner: team-a
    tags: [eu, gold]
    metadata: {cost-center: "12"}
    quotas: {max_vectors: 100, max_queries_per_day: {limit: 5, action: alert}}
    policies: {retention_days: null, consistency: strong}
    capacity: {estimated_read_rps: 5000}
    access: {owners: [{team: t}]}
    backend: sqlite
    backend_config: {}
`);
    expect(others).toEqual([]);
    expect(one).toEqual({
      id: 'user-profiles',
      name: 'Profiles',
      tenant_id: 'users',
      parent_id: 'people',
      tier: 'pro',
      owner: 'team-a',
      tags: ['eu', 'gold'],
      metadata: { 'cost-center': '12' },
      quotas: { max_vectors: 100, max_queries_per_day: { limit: 5, action: 'alert' } },
      policies: { retention_days: null, consistency: 'strong' },
      capacity: { estimated_read_rps: 5000 },
      access: { owners: [{ team: 't' }] },
      backend: 'sqlite',
      backend_config: {},
    });
  });

  it('puts defaults in, name by name; null takes one away where it is no value', () => {
    const [plain, own, nothing] = specs(`
defaults:
  tier: free
  owner: ops
  quotas: {max_vectors: 10, max_connections: 5}
  policies: {retention_days: 90, cache_enabled: false}
  metadata: {env: prod}
namespaces:
  - namespace: plain
  - namespace: own
    tier: null
    quotas: {max_vectors: null}
    policies: {retention_days: null, cache_enabled: null}
    metadata: {team: a}
  - namespace: nothing
    quotas: null
    policies: null
    owner: null
`);
    expect(plain).toMatchObject({
      tier: 'free',
      owner: 'ops',
      quotas: { max_vectors: 10, max_connections: 5 },
      policies: { retention_days: 90, cache_enabled: false },
      metadata: { env: 'prod' },
    });
    expect(own).not.toHaveProperty('tier');
    expect(own).toMatchObject({ metadata: { env: 'prod', team: 'a' } });
    expect(own!.quotas).toEqual({ max_vectors: null, max_connections: 5 });
    expect(own!.policies).toEqual({ retention_days: null });
    expect([nothing!.quotas, nothing!.policies]).toEqual([{}, {}]);
    expect(nothing).not.toHaveProperty('owner');
  });

  it.each(['', '# nothing\n', 'namespaces:\n', 'namespaces: []\n', '\uFEFFnamespaces: []\n'])(
    'may name nobody: %j',
    (text) => expect(specs(text)).toEqual([]),
  );

  it('may use anchors', () => {
    const [a, b] = specs(
      'namespaces:\n  - {namespace: aaa, quotas: &q {max_vectors: 1}}\n  - {namespace: bbb, quotas: *q}\n',
    );
    expect(b!.quotas).toEqual(a!.quotas);
  });
});

describe('what is wrong with a declared file', () => {
  it('is told all at once, by line and key, in the order of the file', () => {
    const text = `defaults:
  tier: gold
namespaces:
  - namespace: one
    quotaz: {}
  - tier: pro
  - namespace: three
    quotas:
      max_vectors: -1
      max_queries_per_day: {limit: 10, action: shout}
    policies: {consistency: sometimes}
  - namespace: one
    tags: [a, 5]
  - namespace: three
    metadata: {a: 1}
  - namespace: three
other: 1
`;
    expect(problems(text)).toEqual([
      'namespaces.yaml:2: defaults.tier: expected one of free, pro, unlimited',
      'namespaces.yaml:5: namespaces[0].quotaz: unknown key; did you mean quotas?',
      'namespaces.yaml:6: namespaces[1].namespace: is missing',
      'namespaces.yaml:9: namespaces[2].quotas.max_vectors: must be a whole number from 0 to 2^53 - 1',
      'namespaces.yaml:10: namespaces[2].quotas.max_queries_per_day.action: must be one of reject, throttle, alert',
      'namespaces.yaml:11: namespaces[2].policies.consistency: must be strong or relaxed',
      'namespaces.yaml:13: namespaces[3].tags[1]: expected a text',
      'namespaces.yaml:15: namespaces[4].metadata.a: expected a text',
      'namespaces.yaml:16: namespaces[5].namespace: is named twice, also by namespaces[2]',
      'namespaces.yaml:17: other: unknown key',
    ]);
  });

  it('in the defaults is told once, of the defaults', () => {
    const text =
      'defaults:\n  quotas: {max_vectors: -1}\nnamespaces:\n  - namespace: one\n  - namespace: two\n';
    expect(problems(text)).toEqual([
      'namespaces.yaml:2: defaults.quotas.max_vectors: must be a whole number from 0 to 2^53 - 1',
    ]);
  });

  it('in the defaults is told also where nobody takes them', () => {
    expect(problems('defaults:\n  policies: {wight_dense: 1}\nnamespaces: []\n')).toEqual([
      'namespaces.yaml:2: defaults.policies.wight_dense: is not known here',
    ]);
  });

  it.each([
    ['no YAML', 'namespaces:\n  - namespace: [a\n  b', /^namespaces\.yaml:\d: ./],
    [
      'a key twice',
      'namespaces:\n  - namespace: one\n    tier: pro\n    tier: free\n',
      /^namespaces\.yaml:4: the key "tier" is there twice$/,
    ],
    ['a list', '- a\n', /^namespaces\.yaml:1: expected a mapping$/],
    ['a text', 'hello\n', /^namespaces\.yaml:1: expected a mapping$/],
    [
      'an entry that is none',
      'namespaces:\n  - one\n',
      /^namespaces\.yaml:2: namespaces\[0\]: expected a mapping$/,
    ],
    [
      'a number for a name',
      'namespaces:\n  - namespace: 5\n',
      /^namespaces\.yaml:2: namespaces\[0\]\.namespace: expected a text$/,
    ],
    ['a name that is no text', 'namespaces:\n  - {[a]: b}\n', /^namespaces\.yaml:2: ./],
    [
      'infinity',
      'namespaces:\n  - namespace: one\n    capacity: .inf\n',
      /^namespaces\.yaml:3: expected a finite number$/,
    ],
    ['a tag', 'namespaces:\n  - namespace: !secret one\n', /^namespaces\.yaml:2: Unresolved tag/],
    [
      'a second document',
      'namespaces: []\n---\nnamespaces: []\n',
      /^namespaces\.yaml:2: .*multiple documents/,
    ],
    ['an anchor that is not there', 'namespaces: *other\n', /^namespaces\.yaml:\d+: Unresolved alias/],
    ['an anchor in itself', 'namespaces: &x [*x]\n', /nested deeper than 32 levels$/],
    [
      'nesting',
      `namespaces: ${'['.repeat(40)}${']'.repeat(40)}\n`,
      /^namespaces\.yaml:1: nested deeper than 32 levels$/,
    ],
    ['nesting beyond a stack', '['.repeat(200_000), /^namespaces\.yaml:1: ./],
    [
      'status',
      'namespaces:\n  - namespace: one\n    status: suspended\n',
      /^namespaces\.yaml:3: namespaces\[0\]\.status: unknown key/,
    ],
    [
      'metadata without end',
      `namespaces:\n  - namespace: one\n    metadata: {a: ${'x'.repeat(5000)}}\n`,
      /^namespaces\.yaml:3: namespaces\[0\]\.metadata: must have at most 4096 bytes, names and values together$/,
    ],
  ])('%s', (_, text, message) => {
    const [first] = problems(text);
    expect(first).toMatch(message);
  });

  it('anchors that unfold to a flood', () => {
    const words = 'abcdefghij'.split('');
    const lines = words.map((word, n) => {
      const inner = n === 0 ? 'x' : `*${words[n - 1]}`;
      return `  - &${word} [${Array.from({ length: 10 }, () => inner).join(', ')}]`;
    });
    expect(problems(`namespaces:\n${lines.join('\n')}\n`)[0]).toMatch(/Excessive alias count/);
  });

  it('too many bytes', () => {
    const text = `# ${'x'.repeat(MAX_DECLARED_BYTES)}`;
    expect(problems(text)).toEqual([`namespaces.yaml: longer than ${MAX_DECLARED_BYTES} bytes`]);
  });

  it('is never anything but a list of lines, whatever the text', () => {
    const word = fc.constantFrom(
      'namespaces:',
      '\n',
      '  ',
      '- ',
      'namespace: a',
      'quotas:',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '"',
      '!x',
      '|',
      ': ',
      'defaults:',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        for (const problem of problems(words.join('')))
          expect(problem).toMatch(/^namespaces\.yaml:[1-9]\d*: ./);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what the catalog has against a declared file', () => {
  const file = readDeclared(
    'defaults:\n  tier: free\n  quotas:\n    max_vectors: 99999999\nnamespaces:\n  - namespace: one\n    parent: two\n  - namespace: two\n    quotas: {max_dimension: 9}\n',
    FILE,
  );
  const explain = (...loc: (string | number)[]) =>
    (file.explain(validationError([{ loc, msg: 'is bad', type: 'value_error' }])) as Error).message;

  it('is told by line and the key of the file', () => {
    expect(explain('namespaces', 0, 'parent_id')).toBe('namespaces.yaml:7: namespaces[0].parent: is bad');
    expect(explain('namespaces', 1, 'id')).toBe('namespaces.yaml:8: namespaces[1].namespace: is bad');
    expect(explain('namespaces', 1, 'quotas', 'max_dimension')).toBe(
      'namespaces.yaml:9: namespaces[1].quotas.max_dimension: is bad',
    );
  });

  it('is told of the defaults where it comes from them', () => {
    expect(explain('namespaces', 1, 'quotas', 'max_vectors')).toBe(
      'namespaces.yaml:4: defaults.quotas.max_vectors: is bad',
    );
    expect(explain('namespaces', 0, 'tier')).toBe('namespaces.yaml:2: defaults.tier: is bad');
  });

  it('is told of the namespace where nobody wrote it', () => {
    expect(explain('namespaces', 0, 'tenant_id')).toBe('namespaces.yaml:6: namespaces[0].tenant: is bad');
  });

  it('is left as it is where it is about no place', () => {
    const failure = new AppError('UNAVAILABLE', 'the disk does not take it');
    expect(file.explain(failure)).toBe(failure);
    const other = new Error('?');
    expect(file.explain(other)).toBe(other);
  });
});

describe('config/namespaces.example.yaml', () => {
  it('can be applied as it is, twice', async () => {
    const text = readFileSync(join(REPOSITORY_ROOT, 'config/namespaces.example.yaml'), 'utf8');
    const { declared } = readDeclared(text, 'namespaces.example.yaml');
    const home = await DeclaredHome.open();
    const plan = await home.apply(declared.namespaces);
    expect(told(plan)).toEqual([
      'create acme',
      'create user-profiles',
      'create acme.search',
      'create acme.support',
      'create acme-partner',
    ]);
    expect((await home.apply(declared.namespaces)).changes).toEqual([]);
    const search = home.catalog.effective('acme.search');
    expect([search.tier, search.tierOf, search.levels.map(({ id }) => id)]).toEqual([
      'pro',
      'acme',
      ['acme.search', 'acme'],
    ]);
  });
});
