import { describe, expect, it } from 'vitest';
import type { ShownDocument } from '../../src/namespaces/cell.js';
import { signBits } from '../../src/ranking/similarity.js';
import { cellOf, embeddingOf, identity, learn, newMemory, START_MS } from '../fixtures/memory.js';

const query = identity('query');

function shown(textHash: string, embedding: Float32Array | null, selected = true): ShownDocument[] {
  return [{ key: 'i:a', textHash, rank: 1, selected, embedding }];
}

/** A memory that holds S = 2, W = 2 of document `i:a`, whose text was `old`. */
function memoryOfOldText(embedding: Float32Array | null = embeddingOf('old')) {
  const memory = newMemory();
  for (let visit = 0; visit < 2; visit++) learn(memory, query, shown('old', embedding));
  return memory;
}

const evidence = (memory: ReturnType<typeof newMemory>) => cellOf(memory, 'query')?.documents.get('i:a');

describe('a document whose text changed for good', () => {
  it('keeps a quarter of its evidence, once', () => {
    const memory = memoryOfOldText();
    learn(memory, query, shown('new', embeddingOf('new'), false));
    // 2/4 + 0 and 2/4 + 1
    expect(evidence(memory)).toMatchObject({ S: 0.5, W: 1.5, textHash: 'new' });
    learn(memory, query, shown('new', embeddingOf('new'), false));
    expect(evidence(memory)).toMatchObject({ S: 0.5, W: 2.5 });
    expect(evidence(memory)?.bits).toEqual(signBits(embeddingOf('new')));
  });

  it('keeps all of it where the meaning stayed: another hash, but a cosine of .9', () => {
    const memory = memoryOfOldText();
    learn(memory, query, shown('reworded', embeddingOf('old'), false));
    expect(evidence(memory)).toMatchObject({ S: 2, W: 3, textHash: 'old' });
  });

  it('keeps all of it where an embedding is not known', () => {
    const known = memoryOfOldText();
    learn(known, query, shown('new', null, false));
    expect(evidence(known)).toMatchObject({ S: 2, W: 3, textHash: 'old' });
    const unknown = memoryOfOldText(null);
    learn(unknown, query, shown('new', embeddingOf('new'), false));
    expect(evidence(unknown)).toMatchObject({ S: 2, W: 3, textHash: 'old' });
  });

  it('is compared with the embedding learned later for the same text', () => {
    const memory = memoryOfOldText(null);
    learn(memory, query, shown('old', embeddingOf('old'), false));
    learn(memory, query, shown('new', embeddingOf('new'), false));
    // 3 showings of the old text, a quarter kept, one more
    expect(evidence(memory)).toMatchObject({ S: 0.5, W: 1.75, textHash: 'new' });
  });

  it('loses nothing by being looked at: only feedback tells', () => {
    const memory = memoryOfOldText();
    memory.cells.neighbours(query, memory.cells.search(query, null));
    memory.cells.touch(memory.cells.neighbours(query, memory.cells.search(query, null)), START_MS);
    expect(evidence(memory)).toMatchObject({ S: 2, W: 2, textHash: 'old' });
  });
});
