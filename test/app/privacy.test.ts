import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppHome } from './app-home.js';
import { DOCUMENTS } from './running-app.js';
import { DURABLE_MODES, filesWith, storedRows } from './stored.js';

/** Words that no document has: nothing of a query is kept but hashes and vectors. */
const QUERIES = [
  'Zanzibar quarantine password 7781093452',
  'zeppelin hospital voucher',
  'unanswered walrus inquiry',
];
const BEST_TEXT = 'confidential xylophone memorandum';
const SOURCE = 'jane.doe@example.org';
const MODES = [...DURABLE_MODES, { mode: 'memory', settings: { STORAGE_BACKEND: 'memory' } }];

let home: AppHome;
beforeEach(() => {
  home = new AppHome();
});
afterEach(() => home.remove());

/** What a text is made of: each word, and for documents, whose stems are counted, each two words in a row. */
function wordsOf(text: string): string[] {
  return text.split(' ');
}
function pairsOf(text: string): string[] {
  const words = text.split(' ');
  return words.slice(1).map((word, i) => `${words[i]} ${word}`);
}

/** Which of these occur in any file of the storage folder. */
function found(parts: readonly string[]): string[] {
  return parts.filter((part) => filesWith(home.folder, part).length > 0);
}

describe.each(MODES)('what is stored ($mode)', ({ mode, settings }) => {
  it.each(['false', 'true'])(
    'holds no query, no document text, no source, and ids only if they may be read (hashed: %s)',
    async (hashIds) => {
      const app = await home.start({ ...settings, PRIVACY_HASH_IDS: hashIds });
      const documents = DOCUMENTS.map(({ text }, i) => ({ id: `customer-${i}-file`, text }));
      for (const query of QUERIES) {
        const { requestId } = await app.rank('shop', query, { documents });
        if (query === QUERIES[2]) continue;
        const body = {
          request_id: requestId,
          query,
          selected_ids: ['customer-3-file'],
          best_doc_text: BEST_TEXT,
        };
        const headers = { 'X-NeuralCache-Namespace': 'shop', 'X-NeuralCache-Source': SOURCE };
        expect((await app.post('/feedback', body, headers)).status).toBe(200);
      }
      const secrets = [
        ...QUERIES.flatMap(wordsOf),
        ...wordsOf(BEST_TEXT),
        ...documents.flatMap(({ text }) => pairsOf(text)),
        SOURCE,
      ];
      const ids = documents.map(({ id }) => id);
      const readable = mode === 'memory' || hashIds === 'true' ? [] : ids;
      // While it runs, and after it wrote everything.
      expect(found(secrets)).toEqual([]);
      await app.stop();
      expect(found(secrets)).toEqual([]);
      expect(found(ids)).toEqual(readable);
      if (mode === 'memory') {
        expect(readdirSync(home.folder)).toEqual([]);
        return;
      }
      const rows = (await storedRows(home.folder, settings)).get('shop')!;
      const kinds = ['cell', 'document', 'frequencies', 'impression', 'used', 'allowance'];
      expect(kinds.filter((kind) => !rows.some((row) => row.kind === kind))).toEqual([]);
    },
  );
});
