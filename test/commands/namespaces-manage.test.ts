import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from '../fixtures/command-line.js';

let line: CommandLine;
beforeEach(() => {
  line = new CommandLine();
});
afterEach(() => line.remove());

const run = (...argv: string[]) => line.run(['namespaces', ...argv]);

/** Runs one that must succeed, and answers its JSON. */
async function json(...argv: string[]) {
  const { exitCode, stdout, stderr } = await run(...argv, '--json');
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${exitCode} ${stderr}`);
  return JSON.parse(stdout);
}

const FULL = [
  ...['--name', 'Acme & Co', '--tenant', 'corp', '--tier', 'pro', '--owner', 'ann'],
  ...['--tag', 'eu', '--tag', 'gold', '--metadata', 'cost=12', '--metadata', 'note=a=b'],
  ...['--quota', 'max_vectors=100', '--quota', 'max_connections=none'],
  ...['--quota', 'max_queries_per_day={"limit":5,"action":"alert"}'],
  ...['--policy', 'retention_days=never', '--policy', 'cache_enabled=false', '--policy', 'scorer=lexical'],
];

describe('namespaces create', () => {
  it('registers what it is told, and says who did', async () => {
    const view = await json('create', 'acme', ...FULL);
    expect(view).toMatchObject({
      id: 'acme',
      name: 'Acme & Co',
      tenant_id: 'corp',
      status: 'active',
      tier: 'pro',
      owner: 'ann',
      tags: ['eu', 'gold'],
      metadata: { cost: '12', note: 'a=b' },
      quotas: {
        max_vectors: { limit: 100, action: 'reject' },
        max_connections: { limit: null },
        max_queries_per_day: { limit: 5, action: 'alert' },
      },
      policies: { retention_days: null, cache_enabled: false, scorer: 'lexical' },
      revision: 1,
    });
    const { entries } = JSON.parse((await line.run(['audit', 'list', '--json'])).stdout);
    expect(entries).toMatchObject([{ action: 'namespace.create', namespace: 'acme' }]);
    expect(entries[0].actor).toMatch(/^cli:./);
  });

  it('may leave it closed for now, and puts it below another', async () => {
    await json('create', 'acme');
    expect(await json('create', 'partner', '--parent', 'acme', '--provisioning')).toMatchObject({
      status: 'provisioning',
      parent_id: 'acme',
    });
    expect(await json('status', 'partner', 'active')).toMatchObject({ status: 'active' });
  });

  it.each([
    [['ab'], 1, 'id each label must be 3 to 63 of a-z'],
    [['acme', '--tier', 'gold'], 1, 'tier must be one of free, pro, unlimited'],
    [['acme', '--tier', 'free', '--quota', 'max_vectors=20000'], 1, 'Free tier limited to 10000 vectors'],
    [['acme', '--policy', 'wight_dense=1'], 1, 'wight_dense'],
    [['acme', '--quota', 'max_vektors=1'], 2, 'No quota is called max_vektors'],
    [['acme', '--quota', 'max_vectors=many'], 2, 'Expected a whole number, none, or a JSON object'],
    [['acme', '--quota', 'max_vectors'], 2, 'Expected NAME=VALUE'],
    [['acme', '--bad'], 2, "unknown option '--bad'"],
  ])('refuses %j with exit code %i', async (argv, code, message) => {
    const { exitCode, stdout, stderr } = await run('create', ...argv);
    expect([exitCode, stdout]).toEqual([code, '']);
    expect(stderr).toContain(message);
    expect((await json('list')).namespaces).toHaveLength(1);
  });

  it('refuses one that is there', async () => {
    await json('create', 'acme');
    const { exitCode, stderr } = await run('create', 'acme');
    expect([exitCode, stderr]).toEqual([1, 'Namespace exists already: acme\n']);
  });
});

describe('namespaces set', () => {
  it('changes what is given, and the rest stays', async () => {
    await json('create', 'acme', ...FULL);
    const view = await json(
      ...['set', 'acme', '--owner', 'bob', '--tag', 'new', '--metadata', 'cost=13', '--metadata', 'more=1'],
      ...['--quota', 'max_vectors=50', '--policy', 'scorer=hybrid'],
    );
    expect(view).toMatchObject({
      name: 'Acme & Co',
      owner: 'bob',
      tags: ['eu', 'gold', 'new'],
      metadata: { cost: '13', note: 'a=b', more: '1' },
      quotas: { max_vectors: { limit: 50 }, max_queries_per_day: { limit: 5 } },
      policies: { retention_days: null, cache_enabled: false, scorer: 'hybrid' },
      revision: 2,
    });
  });

  it('takes away what is named', async () => {
    await json('create', 'acme', ...FULL);
    const view = await json(
      ...['set', 'acme', '--unset', 'owner', '--unset', 'quotas.max_vectors', '--unset', 'policies.scorer'],
      ...['--unset', 'metadata.note', '--unset', 'tags.eu', '--unset', 'tier'],
    );
    expect(view).toMatchObject({ owner: null, tier: null, tags: ['gold'], metadata: { cost: '12' } });
    expect(Object.keys(view.quotas)).toEqual(['max_queries_per_day', 'max_connections']);
    expect(view.policies).toEqual({ retention_days: null, cache_enabled: false });
    const inherited = await json('set', 'acme', '--unset', 'policies.retention_days');
    expect(inherited.policies).toEqual({ cache_enabled: false });
    expect(await json('set', 'acme', '--unset', 'quotas', '--unset', 'tags')).toMatchObject({
      quotas: {},
      tags: [],
    });
  });

  it.each([
    [['acme'], 2, 'nothing to set'],
    [['acme', '--unset', 'shoe'], 2, '--unset shoe: expected one of name, tenant'],
    [['acme', '--unset', 'quotas.'], 2, '--unset quotas.'],
    [['nobody', '--owner', 'ann'], 1, 'Namespace not found: nobody\n'],
  ])('refuses %j with exit code %i', async (argv, code, message) => {
    await json('create', 'acme');
    const { exitCode, stderr } = await run('set', ...argv);
    expect(exitCode).toBe(code);
    expect(stderr).toContain(message);
  });
});

describe('namespaces get', () => {
  it('says what holds and where it comes from', async () => {
    await json('create', 'acme', '--tier', 'free', '--policy', 'retention_days=90');
    await json('create', 'acme.search', '--quota', 'max_vectors={"limit":50,"action":"throttle"}');
    await json('status', 'acme', 'read_only');
    const { stdout } = await line.run(['namespaces', 'get', 'acme.search'], { terminal: true });
    expect(stdout).toMatch(/│ path +│ acme\/search /);
    expect(stdout).toMatch(/│ status +│ read_only +│ acme /);
    expect(stdout).toMatch(/│ tier +│ free +│ acme /);
    expect(stdout).toMatch(/│ max_vectors +│ 50 \{"action":"throttle"\} +│ its own /);
    expect(stdout).toMatch(/│ max_dimension +│ 1536 +│ tier:free /);
    expect(stdout).toMatch(/│ retention_days +│ 90 +│ acme /);
    expect(stdout).toMatch(/│ scorer +│ hybrid +│ settings /);
    const piped = (await run('get', 'acme.search')).stdout;
    expect(piped).toContain('path\tacme/search\nstatus\tread_only\tacme\n');
    expect(piped).not.toMatch(/[│┌]/);
  });

  it('shows no control characters of others', async () => {
    await line.store.commit('a\u202Eb', [{ put: { kind: 'cell', key: 'c', value: '{}' } }]);
    expect((await run('list')).stdout).toBe('a b\ndefault\n');
  });
});

describe('namespaces status', () => {
  it('goes only where a life goes', async () => {
    await json('create', 'acme');
    expect((await run('status', 'acme', 'deleted')).exitCode).toBe(2);
    await run('drop', 'acme', '--grace', '60', '--force');
    const { exitCode, stderr } = await run('status', 'acme', 'active');
    expect([exitCode, stderr]).toEqual([1, 'Namespace is being deleted: acme\n']);
    expect((await run('restore', 'acme')).exitCode).toBe(0);
    expect((await run('restore', 'acme')).exitCode).toBe(1);
  });
});

describe('namespaces apply', () => {
  const FILE = 'namespaces:\n  - namespace: acme\n    owner: ann\n  - namespace: acme.search\n';

  it('prints the plan, and carries it out', async () => {
    line.write('n.yaml', FILE);
    const plan = await run('apply', 'n.yaml', '--dry-run');
    expect(plan.stdout).toBe(
      '+ create acme\n    status: null → "active"\n    owner: null → "ann"\n' +
        '+ create acme.search\n    status: null → "active"\n2 to change, 0 unchanged.\n',
    );
    expect((await run('list')).stdout).toBe('default\n');
    expect((await run('apply', 'n.yaml')).stdout).toContain('2 changed, 0 unchanged.\n');
    expect((await run('apply', 'n.yaml')).stdout).toBe('0 changed, 2 unchanged.\n');
    expect((await run('list')).stdout).toBe('acme\nacme.search\ndefault\n');
  });

  it('prunes where it is told to, and tells of those that stay', async () => {
    line.write('n.yaml', FILE);
    line.write('less.yaml', 'namespaces: []\n');
    await run('apply', 'n.yaml');
    expect((await run('apply', 'less.yaml')).stdout).toBe('0 changed, 0 unchanged.\n');
    await json('create', 'acme.by-hand');
    const { stdout } = await run('apply', 'less.yaml', '--prune');
    expect(stdout).toContain('- delete acme.search\n');
    expect(stdout).toContain(
      '! acme is not deleted: it has 1 below it\n1 changed, 0 unchanged, 1 left as they are.\n',
    );
  });

  it('reads stdin', async () => {
    const { stdout } = await line.run(['namespaces', 'apply', '-', '--json'], { input: FILE });
    expect(JSON.parse(stdout)).toMatchObject({ applied: true, unchanged: 0, changes: [{}, {}] });
  });

  it.each([
    [
      'namespaces:\n  - namespace: acme\n    quotas: {max_vektors: 1}\n  - tier: gold\n',
      [
        'n.yaml:3: namespaces[0].quotas.max_vektors: is not known here',
        'n.yaml:4: namespaces[1].tier: expected one of free, pro, unlimited',
        'n.yaml:4: namespaces[1].namespace: is missing',
      ],
    ],
    [
      'defaults: {tier: free}\nnamespaces:\n  - namespace: acme\n    quotas:\n      max_vectors: 20000\n',
      ['n.yaml:5: namespaces[0].quotas.max_vectors: Free tier limited to 10000 vectors'],
    ],
  ])('tells all that is wrong by file, line and key, and changes nothing (%#)', async (text, problems) => {
    line.write('n.yaml', text);
    const { exitCode, stdout, stderr } = await run('apply', 'n.yaml');
    expect([exitCode, stdout, stderr]).toEqual([1, '', `${problems.join('\n')}\n`]);
    expect((await run('list')).stdout).toBe('default\n');
  });

  it('ends with 1 where there is no such file', async () => {
    const { exitCode, stderr } = await run('apply', 'none.yaml');
    expect([exitCode, stderr]).toEqual([1, 'none.yaml: cannot be read (ENOENT)\n']);
  });
});
