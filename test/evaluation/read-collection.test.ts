import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentText } from '../../src/evaluation/collection.js';
import { COLLECTION_LIMITS, readCollection } from '../../src/evaluation/read-collection.js';
import { CollectionError, readLines } from '../../src/evaluation/read-lines.js';
import { syntheticCollection, writeCollection } from '../fixtures/collection.js';

const FILES = {
  'corpus.jsonl': '{"_id":"a","title":"Title","text":"text"}\n{"_id":"b","title":"","text":"only text"}\n',
  'queries.jsonl': '{"_id":"q1","text":"first"}\n{"_id":"q2","text":"second"}\n',
  'qrels.tsv': 'query-id\tcorpus-id\tscore\nq1\tb\t2\nq1\telsewhere\t1\nother query\ta\t1\n',
  'candidates.jsonl': '{"qid":"q1","docs":[["b",2.5],["a",1]]}\n',
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collection-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string | Buffer>, directory = folder): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
}

async function refusal(files: Record<string, string | Buffer>): Promise<string> {
  await write({ ...FILES, ...files });
  const error = await readCollection(folder).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CollectionError);
  return (error as CollectionError).message.replace(`${folder}/`, '');
}

describe('readCollection', () => {
  it('puts queries, judgements and candidates together, in the order of the files', async () => {
    await write(FILES);
    const { queries } = await readCollection(folder);
    expect(queries).toEqual([
      {
        id: 'q1',
        text: 'first',
        candidates: [
          { id: 'b', text: 'only text' },
          { id: 'a', text: 'Title. text' },
        ],
        judgements: new Map([
          ['b', 2],
          ['elsewhere', 1],
        ]),
      },
      { id: 'q2', text: 'second', candidates: [], judgements: new Map() },
    ]);
  });

  it.each([false, true])('gives back a collection that was written (packed: %s)', async (packed) => {
    const collection = syntheticCollection({ needs: 3, wordings: 2 });
    await writeCollection(folder, collection, { packed });
    expect((await readCollection(folder)).queries).toEqual(collection.queries);
  });

  it('takes the corpus from the parent folder, and nothing else', async () => {
    const { 'corpus.jsonl': corpus, ...rest } = FILES;
    await write({ 'corpus.jsonl': corpus });
    await write(rest, join(folder, 'variants'));
    expect((await readCollection(join(folder, 'variants'))).queries).toHaveLength(2);
    await write({ 'qrels.tsv': rest['qrels.tsv'] });
    await rm(join(folder, 'variants', 'qrels.tsv'));
    await expect(readCollection(join(folder, 'variants'))).rejects.toThrow(/variants.qrels\.tsv: not found/);
  });

  it('reads what people write: blank lines, Windows line ends, a byte order mark, no last line break', async () => {
    await write({
      ...FILES,
      'queries.jsonl': '\uFEFF{"_id":"q1","text":"first"}\r\n\r\n{"_id":"q2","text":"zwei ü"}',
    });
    const { queries } = await readCollection(folder);
    expect(queries.map(({ text }) => text)).toEqual(['first', 'zwei ü']);
  });

  it('counts a grade below 0 as 0', async () => {
    await write({ ...FILES, 'qrels.tsv': 'query-id\tcorpus-id\tscore\nq1\ta\t-2\n' });
    expect((await readCollection(folder)).queries[0]!.judgements).toEqual(new Map([['a', 0]]));
  });

  it.each<[string, Record<string, string | Buffer>, string]>([
    [
      'broken JSON',
      { 'queries.jsonl': '{"_id":"q1","text":"x"}\n{"_id"' },
      'queries.jsonl, line 2: not a JSON object',
    ],
    ['a list for an object', { 'corpus.jsonl': '[]' }, 'corpus.jsonl, line 1: not a JSON object'],
    ['a numeric id', { 'queries.jsonl': '{"_id":1,"text":"x"}' }, 'queries.jsonl, line 1: "_id" is not text'],
    ['a missing text', { 'corpus.jsonl': '{"_id":"a"}' }, 'corpus.jsonl, line 1: "text" is missing'],
    [
      'an inherited name for a field',
      { 'queries.jsonl': '{"__proto__":{"_id":"q1"},"text":"x"}' },
      'queries.jsonl, line 1: "_id" is missing',
    ],
    [
      'a query twice',
      { 'queries.jsonl': '{"_id":"q1","text":"x"}\n{"_id":"q1","text":"y"}' },
      'queries.jsonl, line 2: query q1 is there twice',
    ],
    [
      'a document twice',
      { 'corpus.jsonl': `${FILES['corpus.jsonl']}\n{"_id":"a","text":"again"}` },
      'corpus.jsonl, line 4: document a is there twice',
    ],
    [
      'no header',
      { 'qrels.tsv': 'q1\tb\t2\n' },
      'qrels.tsv, line 1: the header must be query-id <tab> corpus-id <tab> score',
    ],
    [
      'an empty table',
      { 'qrels.tsv': '' },
      'qrels.tsv, line 1: the header must be query-id <tab> corpus-id <tab> score',
    ],
    [
      'a missing column',
      { 'qrels.tsv': 'query-id\tcorpus-id\tscore\nq1\tb\n' },
      'qrels.tsv, line 2: 3 columns wanted, 2 found',
    ],
    [
      'a grade that is no whole number',
      { 'qrels.tsv': 'query-id\tcorpus-id\tscore\nq1\tb\t1e400\n' },
      'qrels.tsv, line 2: the score is not a whole number: 1e400',
    ],
    [
      'two judgements of one pair',
      { 'qrels.tsv': 'query-id\tcorpus-id\tscore\nq1\tb\t1\nq1\tb\t2\n' },
      'qrels.tsv, line 3: document b is judged twice for query q1',
    ],
    [
      'candidates of an unknown query',
      { 'candidates.jsonl': '{"qid":"q9","docs":[]}' },
      'candidates.jsonl, line 1: query q9 is not among the queries',
    ],
    [
      'two lists of one query',
      { 'candidates.jsonl': '{"qid":"q1","docs":[]}\n{"qid":"q1","docs":[]}' },
      'candidates.jsonl, line 2: query q1 has a list already',
    ],
    [
      'candidates that are no list',
      { 'candidates.jsonl': '{"qid":"q1","docs":{}}' },
      'candidates.jsonl, line 1: "docs" is not a list',
    ],
    [
      'a candidate without id',
      { 'candidates.jsonl': '{"qid":"q1","docs":["a"]}' },
      'candidates.jsonl, line 1: an entry of "docs" has no text as id',
    ],
    [
      'a candidate twice',
      { 'candidates.jsonl': '{"qid":"q1","docs":[["a",1],["a",2]]}' },
      'candidates.jsonl, line 1: a document is in the list twice',
    ],
    [
      'a candidate without document',
      { 'candidates.jsonl': '\n{"qid":"q1","docs":[["a",2],["z",1]]}' },
      'candidates.jsonl, line 2: document z is not in the corpus',
    ],
    [
      'a query in two groups',
      { 'groups.tsv': 'query-id\tgroup-id\nq1\tg1\nq1\tg2\n' },
      'groups.tsv, line 3: query q1 is in a group already',
    ],
    [
      'bytes that are not UTF-8',
      { 'queries.jsonl': Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) },
      'queries.jsonl, line 1: not UTF-8',
    ],
  ])('refuses %s, naming file and line', async (_, files, message) => {
    expect(await refusal(files)).toBe(message);
  });

  it('refuses data that only pretends to be packed, and a packed file cut short', async () => {
    const { 'corpus.jsonl': corpus, ...rest } = FILES;
    await write(rest);
    await write({ 'corpus.jsonl.gz': corpus });
    await expect(readCollection(folder)).rejects.toThrow(/corpus\.jsonl\.gz: not whole gzip data/);
    await write({ 'corpus.jsonl.gz': gzipSync(corpus).subarray(0, 40) });
    await expect(readCollection(folder)).rejects.toThrow(/corpus\.jsonl\.gz: not whole gzip data/);
  });

  it('does not look at judgements of queries that are not asked here', async () => {
    await write({ ...FILES, 'qrels.tsv': `${FILES['qrels.tsv']}other query\ta\t1\n` });
    expect((await readCollection(folder)).queries).toHaveLength(2);
  });

  it('names the folder it did not find', async () => {
    await expect(readCollection(join(folder, 'nowhere'))).rejects.toThrow(
      /nowhere.queries\.jsonl: not found/,
    );
  });

  it.each([
    ['queries', 1, 'queries.jsonl, line 2: more than 1 lines'],
    ['judgements', 1, 'qrels.tsv, line 3: more than 2 lines'],
    ['candidatesPerQuery', 1, 'candidates.jsonl, line 1: more than 1 candidates'],
    ['candidates', 1, 'corpus.jsonl: more than 1 documents are candidates'],
    ['documents', 1, 'corpus.jsonl, line 2: more than 1 lines'],
    ['lineCharacters', 26, 'queries.jsonl, line 1: longer than 26 characters'],
  ] as const)('stops at its bound of %s', async (bound, value, message) => {
    await write(FILES);
    const limits = { ...COLLECTION_LIMITS, [bound]: value };
    await expect(readCollection(folder, limits)).rejects.toThrow(message);
  });

  it('stops inside a line that never ends instead of holding it', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'a')); // 64 MiB in 64 kB
    await write({ ...FILES });
    await rm(join(folder, 'corpus.jsonl'));
    await write({ 'corpus.jsonl.gz': bomb });
    await expect(readCollection(folder, { ...COLLECTION_LIMITS, lineCharacters: 1000 })).rejects.toThrow(
      /corpus\.jsonl\.gz, line 1: longer than 1000 characters/,
    );
  });
});

describe('readLines', () => {
  it.each(['gone.jsonl', 'gone.jsonl.gz'])('ends in an error where %s vanished in between', async (name) => {
    const lines = readLines(join(folder, name), { lines: 1, characters: 1 });
    await expect(lines.next()).rejects.toThrow(/gone\.jsonl.*: cannot be read \(ENOENT\)/);
  });

  it('does not take half a character at the end for text', async () => {
    await write({ 'half.txt': Buffer.from([0x61, 0xc3]) });
    const lines = readLines(join(folder, 'half.txt'), { lines: 1, characters: 10 });
    await expect(lines.next()).rejects.toThrow(/half\.txt, line 1: not UTF-8/);
  });
});

describe('documentText', () => {
  it('is the first 4000 characters, never half of a pair', () => {
    expect(documentText('T', 'x'.repeat(5000))).toBe(`T. ${'x'.repeat(3997)}`);
    expect(documentText('', `${'x'.repeat(3999)}😀`)).toBe('x'.repeat(3999));
  });
});
