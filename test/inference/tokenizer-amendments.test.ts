import { describe, expect, it } from 'vitest';
import { amendPreTokenizer, hasOneType, textAmendment } from '../../src/inference/tokenizer-amendments.js';

const bert = { type: 'BertNormalizer', lowercase: true, handle_chinese_chars: true };

describe('a text for the library', () => {
  it("has σ for a capital sigma where the case is lowered, also at a word's end", () => {
    const nested = { type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Lowercase' }] };
    for (const normalizer of [bert, { type: 'Lowercase' }, nested])
      expect(textAmendment(normalizer)('ΣΑΣ').toLowerCase()).toBe('σασ');
    expect(textAmendment({ type: 'NFKC' })('ΣΑΣ')).toBe('ΣΑΣ');
    expect(textAmendment(null)('ΣΑΣ')).toBe('ΣΑΣ');
  });

  it('has ideographs beyond the first plane parted where all are', () => {
    expect(textAmendment(bert)('a𠀋b漢')).toBe('a 𠀋 b漢');
    expect(textAmendment({ ...bert, handle_chinese_chars: false })('a𠀋b')).toBe('a𠀋b');
  });
});

describe('a pre-tokenizer for the library', () => {
  it('is a pattern in place of steps that it reads as ASCII, in sequences too', () => {
    const sequence = {
      type: 'Sequence',
      pretokenizers: [{ type: 'WhitespaceSplit' }, { type: 'BertPreTokenizer' }],
    };
    expect(amendPreTokenizer(sequence)).toEqual({
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: '\\S+' }, behavior: 'Removed', invert: true },
        { type: 'BertPreTokenizer' },
      ],
    });
    expect(amendPreTokenizer(null)).toBeNull();
  });

  it('keeps punctuation that is not read sign by sign', () => {
    const step = { type: 'Punctuation', behavior: 'Contiguous' };
    expect(amendPreTokenizer(step)).toBe(step);
  });
});

describe("RoBERTa's post-processor", () => {
  it('has one type, also in a sequence; others have two', () => {
    const roberta = { type: 'RobertaProcessing' };
    expect(hasOneType(roberta)).toBe(true);
    expect(hasOneType({ type: 'Sequence', processors: [{ type: 'ByteLevel' }, roberta] })).toBe(true);
    expect(hasOneType({ type: 'BertProcessing' })).toBe(false);
    expect(hasOneType(null)).toBe(false);
  });
});
