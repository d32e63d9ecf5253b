import { readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { loadModel } from '../../src/inference/load-model.js';
import { TextTokenizer } from '../../src/inference/text-tokenizer.js';
import { countSpecials, fillSlots } from '../../src/inference/token-slots.js';
import { readExport } from '../../src/models/hugging-face-export.js';

/** Least cosine of a vector and the reference's. */
const LEAST_COSINE = 0.9999;

const referenceSchema = z.object({
  texts: z.array(z.object({ text: z.string(), ids: z.array(z.number()), vector: z.array(z.number()) })),
});

/**
 * Holds models against what another runtime made of them: each folder has a `reference.json` with texts, their token ids
 * and vectors. A text of white space alone is compared by its ids: its vector is zero here.
 */
async function checkModel(folder: string): Promise<boolean> {
  const { texts } = referenceSchema.parse(JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')));
  const model = await loadModel({ id: 'model', kind: 'encoder', folder, threads: 1, batchTokens: 512 });
  const tokenizer = new TextTokenizer(readExport(folder));
  const slots = tokenizer.slots(1);
  const room = model.facts.maxLength - countSpecials(slots);
  const results = await model.run(texts.map(({ text }) => ({ text })));
  await model.close();

  const differing = texts.filter(
    ({ text, ids }) => fillSlots(slots, tokenizer.ids(text, room)).ids.join() !== ids.join(),
  );
  const cosines = texts.flatMap(({ text, vector }, index) => {
    const result = results[index]!;
    if ('failure' in result) throw new Error(`${folder}: text ${index}: ${result.failure}`);
    return text.trim() === '' ? [] : [cosine(result, vector)];
  });
  const smallest = Math.min(...cosines);
  const { file, pooling, dimension, maxLength } = model.facts;
  console.log(
    `${basename(folder)}: ${file}, ${pooling} pooling, ${dimension} dimensions, ${maxLength} tokens; ` +
      `ids of ${texts.length - differing.length} of ${texts.length} texts equal; ` +
      `smallest cosine of ${cosines.length} vectors ${smallest.toFixed(6)}`,
  );
  return differing.length === 0 && smallest >= LEAST_COSINE;
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Array.from(x).reduce((sum, value, k) => sum + value * y[k]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

const folders = process.argv.slice(2);
if (folders.length === 0) throw new Error('npm run check:models -- DIR…');
for (const folder of folders) {
  if (!(await checkModel(resolve(folder)))) process.exitCode = 1;
}
