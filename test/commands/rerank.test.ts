import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IN_MEMORY } from '../../src/commands/storage-mode.js';
import { CommandLine } from '../fixtures/command-line.js';

let line: CommandLine;
beforeEach(() => {
  line = new CommandLine();
  line.write(
    'docs.jsonl',
    '{"id":"hat","text":"a blue hat","metadata":{"n":1}}\n\n{"text":"red shoes","score":2}\n',
  );
  line.write('docs.txt', 'a blue hat\r\nred shoes\n\nred\tshoes red \u001b[31mhat\n');
});
afterEach(() => line.remove());

describe('rerank', () => {
  it('ranks JSON lines; documents without an id get their line number', async () => {
    const { exitCode, stdout } = await line.run(['rerank', 'red shoes', 'docs.jsonl', '--json']);
    expect(exitCode).toBe(0);
    const { results, meta } = JSON.parse(stdout);
    expect(results).toEqual([
      { id: '3', index: 1, text: 'red shoes', score: 2, components: expect.any(Object) },
      {
        id: 'hat',
        index: 0,
        text: 'a blue hat',
        metadata: { n: 1 },
        score: 0,
        components: expect.any(Object),
      },
    ]);
    expect(meta.namespace).toBe('default');
    expect(line.services.ranked[0]!.request.candidates[1]).toMatchObject({ score: 2 });
  });

  it('ranks one text a line, with tabs between columns where there is no terminal', async () => {
    const { stdout } = await line.run(['rerank', 'red shoes', 'docs.txt']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((text) => text.split('\t'));
    expect(lines.map(([rank, , id]) => [rank, id])).toEqual([
      ['1', '4'],
      ['2', '2'],
      ['3', '1'],
    ]);
    expect(lines[1]).toEqual(['2', '2.0000', '2', 'red shoes']);
  });

  it('shows a table on a terminal that no document can break', async () => {
    const { stdout } = await line.run(['rerank', 'red', 'docs.txt'], { terminal: true });
    expect(stdout).toMatch(/│ rank │ score +│ id +│ text/);
    expect(stdout).not.toContain('\u001b[31m');
  });

  it('reads stdin for -', async () => {
    const { stdout } = await line.run(['rerank', 'b', '-'], { input: 'a\nb' });
    expect(stdout.split('\n')[0]).toBe('1\t1.0000\t2\tb');
  });

  it('keeps to the base order in memory, learns nothing, and closes what it opened', async () => {
    await line.run(['rerank', 'red', 'docs.txt', '--scorer', 'lexical', '--top-k', '2']);
    expect(line.built[0]!.overrides).toEqual({
      SCORER: 'lexical',
      ...IN_MEMORY,
    });
    expect(line.services.ranked[0]!.request).toMatchObject({ learn: false, topK: 2, mmrLambda: 0.5 });
    expect(line.rankedService!.closed).toBe(true);
  });

  it('uses what a namespace has learned when one is named', async () => {
    await line.run(['rerank', 'red', 'docs.txt', '--namespace', 'shop']);
    expect(line.built[0]!.overrides).toEqual({});
    expect(line.services.ranked[0]).toMatchObject({ namespace: 'shop', request: { learn: false } });
  });

  it('of an empty file prints nothing', async () => {
    line.write('empty', '');
    expect(await line.run(['rerank', 'red', 'empty'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});

describe('rerank refuses', () => {
  it.each([
    ['{"text":1}', 'docs, line 1: "text" must be a string'],
    ['{"text":"a"}\nb', 'docs, line 2: not JSON'],
    ['{"text":"a"}\n[1]', 'docs, line 2: not a JSON object'],
    ['{"text":"a","id":7}', 'docs, line 1: "id" must be a string'],
    ['{"text":"a","score":"high"}', 'docs, line 1: "score" must be a number'],
    ['{"text":"a","id":"x"}\n{"text":"b","id":"x"}', 'docs, line 2: the id is there twice'],
    ['a\nb\nc', 'docs has 3 documents; NEURALCACHE_MAX_DOCUMENTS allows 2'],
    ['a'.repeat(21), 'docs, line 1: longer than NEURALCACHE_MAX_TEXT_LENGTH (20 characters)'],
    ['\n'.repeat(1025), 'docs is larger than NEURALCACHE_BODY_LIMIT_BYTES (1024 bytes)'],
  ])('what breaks a rule: %#', async (text, message) => {
    line.env = {
      NEURALCACHE_MAX_DOCUMENTS: '2',
      NEURALCACHE_MAX_TEXT_LENGTH: '20',
      NEURALCACHE_BODY_LIMIT_BYTES: '1024',
    };
    line.write('docs', text);
    expect(await line.run(['rerank', 'red', 'docs'])).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `${message}\n`,
    });
    expect(line.built).toEqual([]);
  });

  it('a file that is not there', async () => {
    const { exitCode, stderr } = await line.run(['rerank', 'red', 'gone']);
    expect([exitCode, stderr]).toEqual([1, 'gone: there is no such file\n']);
  });

  it('an empty query and words it does not know, with 2', async () => {
    expect(await line.run(['rerank', ' ', 'docs.txt'])).toMatchObject({
      exitCode: 2,
      stderr: 'the query is empty\n',
    });
    expect((await line.run(['rerank', 'red'])).exitCode).toBe(2);
    expect((await line.run(['rerank', 'red', 'docs.txt', '--top-k', '0'])).exitCode).toBe(2);
    expect((await line.run(['rerank', 'red', 'docs.txt', '--nonsense'])).exitCode).toBe(2);
  });

  it('what the ranking refuses, in one line without a stack', async () => {
    line.write('docs', 'dimension\n');
    const { exitCode, stderr } = await line.run(['rerank', 'red', 'docs']);
    expect([exitCode, stderr]).toEqual([1, 'query_embedding has the wrong dimension\n']);
    line.write('docs', 'boom\n');
    const unforeseen = await line.run(['rerank', 'red', 'docs']);
    expect(unforeseen.exitCode).toBe(1);
    expect(unforeseen.stderr.trimEnd()).not.toContain('\n');
  });
});

describe('the command line', () => {
  it('prints help and version with 0, and help with 2 where no command is given', async () => {
    expect(await line.run(['--version'])).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
    const help = await line.run(['--help']);
    expect(help.exitCode).toBe(0);
    for (const command of ['serve', 'rerank', 'evaluate', 'simulate', 'config', 'namespaces']) {
      expect(help.stdout).toContain(`  ${command} `);
    }
    expect((await line.run([])).exitCode).toBe(2);
    expect((await line.run(['nonsense'])).exitCode).toBe(2);
  });
});
