import { describe, expect, it } from 'vitest';
import { DIALECTS } from '../../../src/http/dialects/registry.js';
import { UPSTREAM_DIALECTS } from '../../../src/proxy/upstream/upstream-dialects.js';

/** Every name that a knob has anywhere. */
const NAMES = [
  'instruction',
  'is_iql',
  'kwargs',
  'max_chunks_per_doc',
  'max_tokens_per_doc',
  'max_tokens_per_query',
  'overlap_tokens',
  'rewrite_query',
  'scoring_method',
  'truncate',
  'truncate_prompt_tokens',
  'truncation',
  'truncation_direction',
  'truncation_side',
];
const VALUES = ['x', 7, false];
/** Of Cohere's first version, which is read for older clients and which the second does not know. */
const OF_ANOTHER_VERSION: Readonly<Record<string, readonly string[]>> = {
  'cohere-v2': ['max_chunks_per_doc'],
  'bedrock-invoke': ['max_chunks_per_doc'],
};

const document = { text: 'a' };
const PLAIN = { query: 'q', queries: ['q'], documents: ['a'], texts: ['a'], input: ['a'] };
const BODIES: Readonly<Record<string, object>> = {
  pinecone: { ...PLAIN, documents: [document] },
  nvidia: { query: { text: 'q' }, passages: [document] },
  vertex: { query: 'q', records: [{ id: '1', content: 'a' }] },
  bedrock: {
    queries: [{ type: 'TEXT', textQuery: { text: 'q' } }],
    sources: [{ type: 'INLINE', inlineDocumentSource: { type: 'TEXT', textDocument: { text: 'a' } } }],
  },
};

/** Request bodies of a dialect with a knob in every place where one has knobs. */
function bodyWith(name: string, knob: object) {
  const modelConfiguration = { modelArn: 'm', additionalModelRequestFields: knob };
  const rerankingConfiguration = { bedrockRerankingConfiguration: { modelConfiguration } };
  return { ...(BODIES[name] ?? PLAIN), ...knob, parameters: knob, rerankingConfiguration };
}

/** The knobs that the dialect in front reads, by trying. */
function knobsInFront(dialect: (typeof DIALECTS)[number]): string[] {
  const call = { path: '/v1/inference/org/model', headers: {}, maxDocuments: 10 };
  const reads = (name: string) =>
    VALUES.some((value) => {
      try {
        const body = bodyWith(dialect.name, { [name]: value });
        return Object.hasOwn(dialect.decode({ ...call, body }).knobs ?? {}, name);
      } catch {
        return false;
      }
    });
  return NAMES.filter(reads);
}

const SAME = UPSTREAM_DIALECTS.flatMap((behind) => {
  const front = DIALECTS.find(({ name }) => name === behind.name);
  return front === undefined ? [] : [{ name: behind.name, front, behind }];
});

describe('the knobs that a dialect reads in front', () => {
  it('are found by trying', () => {
    expect(SAME).toHaveLength(UPSTREAM_DIALECTS.length);
    const all = new Set(DIALECTS.flatMap(knobsInFront));
    expect([...all].sort()).toEqual(NAMES);
  });

  it.each(SAME)('are sent behind: $name', ({ name, front, behind }) => {
    const dropped = knobsInFront(front).filter((knob) => !Object.hasOwn(behind.knobs ?? {}, knob));
    expect(dropped).toEqual(OF_ANOTHER_VERSION[name] ?? []);
  });
});
