import type { StemSums } from '../text/document-frequencies.js';
import type { SlotIndex } from './slot-index.js';
import type { TextAnalysis } from './text-analysis.js';

/** Adds up the stems of some texts. Cost: one pass over all of them. `index`: scratch space. */
export function sumStems(texts: readonly TextAnalysis[], index: SlotIndex): StemSums {
  const slots: number[] = [];
  const counts: number[] = [];
  index.start(0);
  for (const text of texts) {
    for (let place = 0; place < text.size; place++) {
      const slot = text.slots[place]!;
      const known = index.get(slot);
      if (known >= 0) {
        counts[known]!++;
        continue;
      }
      index.set(slot, slots.length);
      slots.push(slot);
      counts.push(1);
    }
  }
  return { slots: Uint32Array.from(slots), counts: Uint32Array.from(counts), documents: texts.length };
}
