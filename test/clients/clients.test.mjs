import { after, before } from 'node:test';
import { clients as cohere } from './sdks/cohere.mjs';
import { clients as elasticsearch } from './sdks/elasticsearch.mjs';
import { clients as langchain } from './sdks/langchain.mjs';
import { clients as llamaindex } from './sdks/llamaindex.mjs';
import { clients as pinecone } from './sdks/pinecone.mjs';
import { clients as stainless } from './sdks/stainless.mjs';
import { clients as vercelAi } from './sdks/vercel-ai.mjs';
import { clients as voyage } from './sdks/voyage.mjs';
import { startServer } from './server.mjs';
import { testClient } from './suite.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server?.stop());

const clients = [cohere, voyage, langchain, vercelAi, llamaindex, stainless, pinecone, elasticsearch].flat();
for (const client of clients) testClient(client, () => server.url);
