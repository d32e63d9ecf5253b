import { createRequire } from 'node:module';
import { CohereRerank } from '@llamaindex/cohere';
import { JinaAIReranker, TextNode } from 'llamaindex';
import { isA, lastRequestId, redirect } from '../client.mjs';

const { Cohere } = createRequire(import.meta.resolve('@llamaindex/cohere'))('cohere-ai');

/** Nodes in, nodes out: the place of each is found by its id. */
async function rerankNodes(postprocessor, query, documents) {
  const nodes = documents.map((text, index) => ({ node: new TextNode({ text, id_: String(index) }) }));
  const ranked = await postprocessor.postprocessNodes(nodes, query);
  const rows = ranked.map(({ node, score }) => ({ index: Number(node.id_), score }));
  return { rows, requestId: lastRequestId() };
}

/** @type {import('../client.mjs').Client[]} */
export const clients = [
  {
    name: '@llamaindex/cohere',
    inPath: true,
    errors: {
      badRequest: isA(Cohere.BadRequestError),
      unauthorized: isA(Cohere.UnauthorizedError),
      badStatus: 400,
      statusOf: (error) => error.statusCode,
      messageOf: (error) => error.body.message,
    },
    connect({ url, token }) {
      return (query, documents, { topN } = {}) => {
        const reranker = new CohereRerank({ apiKey: token, baseUrl: url, topN: topN ?? documents.length });
        return rerankNodes(reranker, query, documents);
      };
    },
  },
  {
    // Knows one host, and of an answer without results nothing but that there are none.
    name: 'llamaindex, JinaAIReranker',
    inPath: true,
    connect({ url, token }) {
      return (query, documents, { topN } = {}) => {
        redirect('https://api.jina.ai', url);
        process.env.JINAAI_API_KEY = token;
        return rerankNodes(new JinaAIReranker({ topN: topN ?? documents.length }), query, documents);
      };
    },
  },
];
