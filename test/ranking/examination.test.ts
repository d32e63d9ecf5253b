import { describe, expect, it } from 'vitest';
import { examinationProbability } from '../../src/ranking/examination.js';

describe('examinationProbability', () => {
  it('falls as 1/rank and stops at a tenth', () => {
    expect([1, 2, 4, 10, 11, 128].map((rank) => examinationProbability(rank, 1))).toEqual([
      1, 0.5, 0.25, 0.1, 0.1, 0.1,
    ]);
  });

  it('is 1 at every rank where the whole list is read', () => {
    expect([1, 7, 128].map((rank) => examinationProbability(rank, 0))).toEqual([1, 1, 1]);
  });

  it('falls faster with a larger eta', () => {
    expect(examinationProbability(2, 2)).toBe(0.25);
  });
});
