import { expect, it } from 'vitest';
import { fileStamp } from '../../src/base/file-stamp.js';

it('a stamp is a moment as every file system takes it in a name, and sorts by it', () => {
  expect(fileStamp(1_700_000_000_123)).toBe('2023-11-14T22-13-20-123Z');
  expect(fileStamp(1_700_000_000_123) < fileStamp(1_700_000_000_124)).toBe(true);
});
