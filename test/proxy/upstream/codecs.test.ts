import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UpstreamDialect } from '../../../src/proxy/upstream/upstream-dialect.js';
import { UPSTREAM_DIALECTS, upstreamDialect } from '../../../src/proxy/upstream/upstream-dialects.js';
import { takesModel } from '../../../src/proxy/upstream/upstream-url.js';
import { FAKE_APIS, type Row } from '../../fixtures/fake-rerankers.js';

const REQUEST = { query: 'q', texts: ['a', 'b'], model: 'm', knobs: {}, isRaw: false };
const DOCUMENTS = { model: 'm', query: 'q', documents: ['a', 'b'] };

/** What is sent for two documents. */
const BODIES: Readonly<Record<string, unknown>> = {
  'cohere-v1': { ...DOCUMENTS, top_n: 2 },
  'cohere-v2': { ...DOCUMENTS, top_n: 2 },
  jina: { ...DOCUMENTS, top_n: 2, return_documents: false },
  voyage: { ...DOCUMENTS, top_k: 2 },
  tei: { query: 'q', texts: ['a', 'b'], truncate: true, raw_scores: false },
  vllm: { ...DOCUMENTS, top_n: 2 },
  infinity: { ...DOCUMENTS, top_n: 2, raw_scores: false },
  'llama.cpp': { ...DOCUMENTS, top_n: 2 },
  litellm: { ...DOCUMENTS, top_n: 2, return_documents: false },
  xinference: { ...DOCUMENTS, top_n: 2 },
  mixedbread: { model: 'm', query: 'q', input: ['a', 'b'], top_k: 2 },
  pinecone: {
    model: 'm',
    query: 'q',
    documents: [{ text: 'a' }, { text: 'b' }],
    top_n: 2,
    return_documents: false,
    rank_fields: ['text'],
  },
  together: { ...DOCUMENTS, top_n: 2 },
  siliconflow: { ...DOCUMENTS, top_n: 2 },
  zeroentropy: { ...DOCUMENTS, top_n: 2 },
  nvidia: { model: 'm', query: { text: 'q' }, passages: [{ text: 'a' }, { text: 'b' }], truncate: 'END' },
  vertex: {
    model: 'm',
    query: 'q',
    records: [
      { id: '0', content: 'a' },
      { id: '1', content: 'b' },
    ],
    topN: 2,
    ignoreRecordDetailsInResponse: true,
  },
  bedrock: {
    queries: [{ type: 'TEXT', textQuery: { text: 'q' } }],
    sources: ['a', 'b'].map((text) => ({
      type: 'INLINE',
      inlineDocumentSource: { type: 'TEXT', textDocument: { text } },
    })),
    rerankingConfiguration: {
      type: 'BEDROCK_RERANKING_MODEL',
      bedrockRerankingConfiguration: { numberOfResults: 2, modelConfiguration: { modelArn: 'm' } },
    },
  },
  'bedrock-invoke': { query: 'q', documents: ['a', 'b'], top_n: 2, api_version: 2 },
  elasticsearch: { query: 'q', input: ['a', 'b'] },
  contextual: { ...DOCUMENTS, top_n: 2 },
  deepinfra: { queries: ['q', 'q'], documents: ['a', 'b'] },
  isaacus: { model: 'm', query: 'q', texts: ['a', 'b'], top_n: 2 },
};

describe('a request', () => {
  it.each(UPSTREAM_DIALECTS)('to $name is what the vendor knows, and no more', (dialect) => {
    expect(sent(dialect.encode(REQUEST))).toEqual(BODIES[dialect.name]);
  });

  it.each(UPSTREAM_DIALECTS)('to $name without a model names none', (dialect) => {
    expect(JSON.stringify(dialect.encode({ ...REQUEST, model: undefined }))).not.toMatch(/"model(Arn)?":/);
  });

  it.each(UPSTREAM_DIALECTS)(
    'to $name differs by the model where the caller may name one, and only there',
    (dialect) => {
      const [one, other] = ['a', 'b'].map((model) => JSON.stringify(dialect.encode({ ...REQUEST, model })));
      expect(one !== other).toBe(takesModel(dialect));
    },
  );

  it.each(UPSTREAM_DIALECTS)('to $name has the knobs of the vendor', (dialect) => {
    const values = { string: 'x', number: 7, boolean: false };
    const knobs = Object.fromEntries(
      Object.entries(dialect.knobs ?? {}).map(([name, type]) => [name, values[type]]),
    );
    const body = sent(dialect.encode({ ...REQUEST, knobs }));
    const { bedrockRerankingConfiguration: bedrock } = body.rerankingConfiguration ?? {};
    const place: Readonly<Record<string, unknown>> = {
      pinecone: body.parameters,
      bedrock: bedrock?.modelConfiguration.additionalModelRequestFields,
    };
    expect(place[dialect.name] ?? body).toMatchObject(knobs);
  });

  it.each([
    ['tei', { raw_scores: true }],
    ['infinity', { raw_scores: true }],
    ['vllm', { use_activation: false }],
  ])('to %s can ask for raw scores', (name, field) => {
    const dialect = upstreamDialect(name);
    expect(dialect.hasRaw).toBe(true);
    expect(sent(dialect.encode({ ...REQUEST, isRaw: true }))).toMatchObject(field);
  });
});

/** As it arrives: without undefined fields. */
const sent = (body: unknown) => JSON.parse(JSON.stringify(body));

/** An answer of the dialect with these rows, to a request of `count` documents. */
function answerOf({ name, encode }: UpstreamDialect, rows: readonly Row[], count: number): unknown {
  const body = sent(
    encode({ ...REQUEST, texts: Array.from({ length: Math.max(1, count) }, (_, n) => `t${n}`) }),
  );
  return sent(FAKE_APIS[name]!.answer(rows, body));
}

const scoreLists = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 20 });
const NONSENSE: readonly unknown[] = [
  undefined,
  null,
  7,
  'scores',
  true,
  [],
  {},
  { results: 'none' },
  [null],
  [7],
];
const withIndices = UPSTREAM_DIALECTS.filter(({ name }) => name !== 'deepinfra');

describe('the scores of an answer', () => {
  it.each(UPSTREAM_DIALECTS)(
    'of $name are those of the documents, in whatever order they come',
    (dialect) => {
      fc.assert(
        fc.property(
          scoreLists.chain((scores) =>
            fc.tuple(
              fc.constant(scores),
              fc.shuffledSubarray([...scores.keys()], { minLength: scores.length }),
            ),
          ),
          ([scores, order]) => {
            const rows = order.map((index) => ({ index, score: scores[index]! }));
            const found = dialect.decode(answerOf(dialect, rows, scores.length), scores.length);
            expect([...found]).toEqual(scores.map((score) => (Object.is(score, -0) ? 0 : score)));
          },
        ),
      );
    },
  );

  it.each(UPSTREAM_DIALECTS)('of $name are refused where they are not one for each', (dialect) => {
    fc.assert(
      fc.property(scoreLists, fc.nat(), fc.integer({ min: 1, max: 5 }), (scores, at, extra) => {
        const rows = scores.map((score, index) => ({ index, score }));
        const place = at % rows.length;
        const dropped = rows.filter((_, index) => index !== place);
        expect(() => dialect.decode(answerOf(dialect, dropped, rows.length), rows.length)).toThrow();
        const doubled = [...rows, rows[place]!];
        expect(() => dialect.decode(answerOf(dialect, doubled, rows.length), rows.length)).toThrow();
        expect(() => dialect.decode(answerOf(dialect, rows, rows.length), rows.length + extra)).toThrow();
      }),
    );
  });

  it.each(withIndices)('of $name are refused where an index is none, or another’s', (dialect) => {
    const index = fc.oneof(
      fc.constantFrom<unknown>(null, undefined, '', '1x', '-1', '01', true, {}, [0], 0.5, 1e9, -1, '99'),
      fc.integer({ min: 5, max: 1e6 }),
    );
    fc.assert(
      fc.property(index, fc.nat({ max: 4 }), (bad, place) => {
        const rows = [0, 1, 2, 3, 4].map((n) => ({ index: n, score: n }));
        const answer = answerOf(dialect, rows, 5);
        const [list] = Object.values(Array.isArray(answer) ? { answer } : (answer as object)).filter(
          Array.isArray,
        );
        list![place] = { ...list![place], [dialect.name === 'vertex' ? 'id' : 'index']: bad };
        expect(() => dialect.decode(answer, 5)).toThrow();
        list![place] = {
          ...list![place],
          [dialect.name === 'vertex' ? 'id' : 'index']: list![(place + 1) % 5].index,
        };
        expect(() => dialect.decode(answer, 5)).toThrow();
      }),
    );
  });

  it.each(UPSTREAM_DIALECTS)('of $name are refused where one is no finite number', (dialect) => {
    for (const bad of ['0.5', null, Number.NaN, Number.POSITIVE_INFINITY, {}, [1], true]) {
      const rows = [0.1, bad as number, 0.3].map((score, index) => ({ index, score }));
      expect(() => dialect.decode(FAKE_APIS[dialect.name]!.answer(rows, bodyOf(dialect)), 3)).toThrow();
    }
  });

  it.each(UPSTREAM_DIALECTS)('of $name are refused where the answer is something else', (dialect) => {
    for (const body of NONSENSE) expect(() => dialect.decode(body, 1)).toThrow(Error);
    expect(() => dialect.decode({ error: 'secret words' }, 1)).toThrow(/^(?!.*secret)/);
  });
});

function bodyOf(dialect: UpstreamDialect) {
  return { ...sent(dialect.encode({ ...REQUEST, texts: ['a', 'b', 'c'] })), raw_scores: false };
}
