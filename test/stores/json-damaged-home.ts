import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Change, Row } from '../../src/stores/store.js';
import { NaiveStore } from '../contracts/store-model.js';
import { put, remove } from '../contracts/store-subject.js';
import { JsonHome } from './json-harness.js';
import { BOUNDS, rowsOf } from './json-scenario.js';

/** Of the namespace whose files are damaged. */
export const JOURNAL = 'narrative.a.json.journal';

/** In the checkpoint: rows of each part, in `a` and in `b`; some stay as they are. */
export const FIRST: readonly Change[] = [
  put('meta', 'm0', '1'),
  put('cell', 'c0', '1'),
  put('meta', 'm1', '1'),
  put('meta', 'm2', '1'),
  put('document', 'd', '{"S":1}'),
  put('used', 'u', '{}', { expiresAt: 9e12 }),
  put('cell', 'c1', '"\\n[\\"00000000\\",2,{}]"', { group: 'g' }),
  put('cell', 'c2', 'é'),
];

/** In the journal after it, a commit each. */
const LATER: readonly (readonly Change[])[] = [
  [put('cell', 'c1', '2'), put('used', 'v', '{}')],
  [remove('meta', 'm2'), put('meta', 'm3', '1')],
  [put('frequencies', 'f', '1'), put('meta', 'm1', '2')],
  [put('cell', 'c3', '1'), remove('cell', 'c2')],
];

/** The rows after the first commit and all of the later ones but those left out. */
export function expectedRows(leftOut: (index: number) => boolean = () => false): readonly Row[] {
  const model = new NaiveStore(BOUNDS);
  model.commit('a', FIRST);
  LATER.forEach((changes, index) => {
    if (!leftOut(index)) model.commit('a', changes);
  });
  return model.rows('a');
}

/** A folder with two namespaces, `a` whose files are damaged and `b` whose files stay as they are. */
export class DamagedHome extends JsonHome {
  writeNamespaces(): void {
    const engine = this.open();
    for (const name of ['a', 'b']) engine.commit(name, FIRST);
    engine.close();
    const again = this.open();
    for (const changes of LATER) for (const name of ['a', 'b']) again.commit(name, changes);
    expect(this.names()).toContain(JOURNAL);
  }

  restore(files: ReadonlyMap<string, string>): void {
    for (const name of this.names()) rmSync(this.path(name));
    for (const [name, content] of files) writeFileSync(this.path(name), content, 'latin1');
    this.setAside.length = 0;
  }

  /** Opens what is there: `a` as it is now; the other namespace must be as it was, byte by byte. */
  rowsAfterDamage(before: ReadonlyMap<string, string>): Row[] {
    const engine = this.open();
    const rows = rowsOf(engine, 'a');
    expect(rowsOf(engine, 'b')).toEqual(expectedRows());
    const isOfB = (name: string) => name.includes('.b.');
    expect(this.contents(isOfB)).toEqual(new Map([...before].filter(([name]) => isOfB(name))));
    return rows;
  }

  /** That what was damaged is kept, and what is left reads the same once more without complaint. */
  expectMended(file: string, damaged: string, rows: readonly Row[]): void {
    expect(this.setAside.map(([namespace, path]) => [namespace, path])).toEqual([['a', this.path(file)]]);
    expect(readFileSync(this.setAside[0]![2]!, 'latin1')).toBe(damaged);
    this.setAside.length = 0;
    expect(rowsOf(this.open(), 'a')).toEqual(rows);
    expect(this.setAside).toEqual([]);
  }
}
