import type { StemSums } from '../text/document-frequencies.js';
import type { TextAnalysis } from './lexicon.js';
import type { SlotIndex } from './slot-index.js';
import type { StemSlots } from './stem-slots.js';

/** Adds up the stems of some texts, by their slots. Cost: one pass over all of them. `index`: scratch space. */
export function sumStems(texts: readonly TextAnalysis[], index: SlotIndex, slots: StemSlots): StemSums {
  const stems: number[] = [];
  const counts: number[] = [];
  index.start(0);
  for (const text of texts) {
    for (let place = 0; place < text.size; place++) {
      const stem = text.lists[place]!;
      const known = index.get(stem);
      if (known >= 0) {
        counts[known]!++;
        continue;
      }
      index.set(stem, stems.length);
      stems.push(stem);
      counts.push(1);
    }
  }
  return {
    slots: slots.of(Uint32Array.from(stems)),
    counts: Uint32Array.from(counts),
    documents: texts.length,
  };
}
