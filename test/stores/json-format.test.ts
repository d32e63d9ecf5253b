import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeEntry, encodeRow, JSON_FORMAT } from '../../src/stores/json-format.js';
import type { Row } from '../../src/stores/store.js';

const plain: Row = { kind: 'cell', key: 'c', value: '{"a":1}' };
const full: Row = { kind: 'impression', key: 'i', value: '', group: 'g', expiresAt: 12.5 };

/** What is written here lies on disks: another text needs another format. */
describe(`records of format ${JSON_FORMAT}`, () => {
  it('of a row are its fields and its place', () => {
    expect(JSON_FORMAT).toBe(1);
    const [first, second] = ['["cell","c","{\\"a\\":1}",null,null,7]', '["impression","i","","g",12.5,8]'];
    expect(encodeRow({ row: plain, sequence: 7 })).toBe(first);
    expect(encodeRow({ row: full, sequence: 8 })).toBe(second);
    expect(decodeRecord(first)).toEqual({ placed: { row: plain, sequence: 7 } });
    expect(decodeRecord(second)).toEqual({ placed: { row: full, sequence: 8 } });
  });

  it('of a commit are the fields of its changes, without a value where a row is removed', () => {
    const entry = {
      number: 3,
      sequence: 7,
      changes: [{ put: plain }, { remove: { kind: 'used', key: 'u' } }, { put: full }],
    } as const;
    const text =
      '{"entry":3,"sequence":7,"changes":["cell","c","{\\"a\\":1}",null,null,"used","u",null,null,null,"impression","i","","g",12.5]}';
    expect(encodeEntry(entry)).toBe(text);
    expect(decodeRecord(text)).toEqual({ entry });
    const drop = { number: 4, sequence: 10, changes: [], trim: 5, drop: true };
    expect(encodeEntry(drop)).toBe('{"entry":4,"sequence":10,"changes":[],"trim":5,"drop":true}');
    expect(decodeRecord(encodeEntry(drop))).toEqual({ entry: drop });
  });
});
