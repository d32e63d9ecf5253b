import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byCodeUnit } from '../../src/base/by-code-unit.js';
import { Hierarchy, type Placed } from '../../src/catalog/hierarchy.js';

/** The parent of a node by its definition, looked for among all. */
function parentIn(nodes: ReadonlyMap<string, Placed>, id: string): string | null {
  if (!id.includes('.')) {
    const given = nodes.get(id)?.parent_id ?? null;
    return given !== null && given !== id && nodes.has(given) ? given : null;
  }
  const above = [...nodes.keys()].filter((other) => id.startsWith(`${other}.`));
  return above.sort((left, right) => right.length - left.length)[0] ?? null;
}

function linesUp(nodes: ReadonlyMap<string, Placed>, id: string): string[] | 'circle' {
  const line: string[] = [];
  for (let above = parentIn(nodes, id); above !== null; above = parentIn(nodes, above)) {
    if (above === id || line.includes(above)) return 'circle';
    line.push(above);
  }
  return line;
}

/** How far one stands below another; 0 = it does not, as what is in a circle stands below nothing outside it. */
function distance(nodes: ReadonlyMap<string, Placed>, id: string, above: string): number {
  const line = linesUp(nodes, id);
  return line === 'circle' ? 0 : line.indexOf(above) + 1;
}

const hierarchyOf = (...nodes: (string | [id: string, parent: string])[]) => {
  const hierarchy = new Hierarchy<Placed>();
  for (const node of nodes) {
    const [id, parent] = typeof node === 'string' ? [node, null] : node;
    hierarchy.put({ id, parent_id: parent });
  }
  return hierarchy;
};

describe('the hierarchy of namespaces', () => {
  it('takes the nearest registered one by dots as the parent, also when it comes later or goes', () => {
    const hierarchy = hierarchyOf('acme.search.docs', 'acme');
    expect(hierarchy.parentOf('acme.search.docs')).toBe('acme');
    hierarchy.put({ id: 'acme.search', parent_id: null });
    expect(hierarchy.parentOf('acme.search.docs')).toBe('acme.search');
    expect(hierarchy.childrenOf('acme')).toEqual(['acme.search']);
    expect(hierarchy.descendantsOf('acme')).toEqual(['acme.search', 'acme.search.docs']);
    hierarchy.remove('acme.search');
    expect(hierarchy.childrenOf('acme')).toEqual(['acme.search.docs']);
  });

  it('knows the parent of names that nobody registered', () => {
    const hierarchy = hierarchyOf('acme');
    expect(hierarchy.parentOf('acme.x.y')).toBe('acme');
    expect(hierarchy.parentOf('acme-x')).toBeNull();
    expect(hierarchy.parentOf('other')).toBeNull();
  });

  it('does not take a name that only begins alike for one below it', () => {
    // In order of code units: `a`, `a-b`, `a.b`, `a0`.
    const hierarchy = hierarchyOf('a-b', 'a0', 'a.b', 'a');
    expect(hierarchy.childrenOf('a')).toEqual(['a.b']);
  });

  it('writes paths from the top, without what the parent says by dots', () => {
    const hierarchy = hierarchyOf('acme', 'acme.search', 'acme.search.a.b', ['shop', 'acme.search']);
    expect(['acme', 'acme.search', 'acme.search.a.b', 'shop'].map((id) => hierarchy.pathOf(id))).toEqual([
      'acme',
      'acme/search',
      'acme/search/a.b',
      'acme/search/shop',
    ]);
  });

  it('finds circles, also those that a parent by dots closes', () => {
    const named = hierarchyOf(['a', 'b'], ['b', 'c'], ['c', 'a'], ['d', 'a'], 'e');
    expect(['a', 'b', 'c', 'd', 'e'].map((id) => named.circleAt(id))).toEqual([
      true,
      true,
      true,
      true,
      false,
    ]);
    const dotted = hierarchyOf('b.c', ['a', 'b.c']);
    expect(dotted.circleAt('a')).toBe(false);
    dotted.put({ id: 'b', parent_id: 'a' });
    expect(dotted.circleAt('b')).toBe(true);
  });

  it('counts nobody of a circle as below what stands beside it', () => {
    const hierarchy = hierarchyOf(['a', 'b'], ['b', 'a'], 'c');
    expect(hierarchy.circleAt('c')).toBe(false);
    expect(hierarchy.heightOf('c')).toBe(0);
    expect(hierarchy.descendantsOf('c')).toEqual([]);
  });

  it('whatever is registered, moved and removed, says what its definition says', () => {
    const label = fc.constantFrom('a', 'b', 'c-', 'c');
    const id = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
    const step = fc.record({
      id,
      parent: fc.option(fc.oneof(id, label)),
      isRemoved: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), id, (steps, asked) => {
        const nodes = new Map<string, Placed>();
        const hierarchy = new Hierarchy<Placed>();
        for (const { id: changed, parent, isRemoved } of steps) {
          if (isRemoved) {
            nodes.delete(changed);
            hierarchy.remove(changed);
          } else {
            nodes.set(changed, { id: changed, parent_id: parent });
            hierarchy.put({ id: changed, parent_id: parent });
          }
          const ids = [...nodes.keys()].sort(byCodeUnit);
          expect(hierarchy.sortedIds()).toEqual(ids);
          expect(hierarchy.size).toBe(ids.length);
          for (const one of [...ids, asked]) {
            expect(hierarchy.parentOf(one)).toBe(parentIn(nodes, one));
            expect(hierarchy.childrenOf(one)).toEqual(ids.filter((other) => parentIn(nodes, other) === one));
            const line = linesUp(nodes, one);
            expect(hierarchy.circleAt(one)).toBe(line === 'circle');
            if (line === 'circle') continue;
            expect(hierarchy.ancestorsOf(one)).toEqual(line);
            const below = ids.filter((other) => distance(nodes, other, one) > 0);
            expect(hierarchy.heightOf(one)).toBe(
              Math.max(0, ...below.map((other) => distance(nodes, other, one))),
            );
            expect(hierarchy.belowCount(one)).toBe(below.length);
            expect(hierarchy.descendantsOf(one).sort(byCodeUnit)).toEqual(below);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
