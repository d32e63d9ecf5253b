import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { createLogger } from '../../src/base/log.js';
import { MAX_DECLARED_BYTES } from '../../src/management/declared-file.js';
import { DeclaredWatch, declaredLog } from '../../src/management/declared-watch.js';
import type { NamespaceAdmin } from '../../src/management/namespace-admin.js';
import { DeclaredHome, told } from './declared-home.js';

let folder: string;
let path: string;
let home: DeclaredHome;
let admin: Pick<NamespaceAdmin, 'apply'>;
let events: string[];
let watch: DeclaredWatch;
let looks: number;
let written = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'declared-'));
  path = join(folder, 'namespaces.yaml');
  home = await DeclaredHome.open();
  admin = home.admin;
  events = [];
  looks = 0;
  watch = new DeclaredWatch({
    path,
    label: 'namespaces.yaml',
    admin: { apply: (...args) => admin.apply(...args) },
    events: {
      applied: (plan) => events.push(told(plan).join(', ')),
      refused: (reason) => events.push(reason.message),
    },
    repeatedly: () => {
      looks += 1;
      return () => {
        looks -= 1;
      };
    },
  });
});
afterEach(async () => {
  await watch.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Each later than the one before, whatever the clock of the file system is worth. */
function write(text: string, to = path): void {
  writeFileSync(to, text);
  written += 1;
  utimesSync(to, 1000 + written, 1000 + written);
}

/** Two looks: what changed stands still in between. */
async function settle(): Promise<void> {
  await watch.look();
  await watch.look();
}

const ONE = 'namespaces:\n  - namespace: acme\n';
const TWO = 'namespaces:\n  - namespace: acme\n  - namespace: bolt\n';
const BROKEN = 'namespaces:\n  - namespace: acme\n    tier: gold\n';

describe('a declared file', () => {
  it('is applied at start, by nobody else than the file', async () => {
    write(ONE);
    await watch.start();
    expect(events).toEqual(['create acme']);
    const { entries } = await home.admin.audit({});
    expect(entries).toMatchObject([{ actor: 'file', action: 'namespace.create', namespace: 'acme' }]);
    expect(looks).toBe(1);
  });

  it.each([
    [
      'broken',
      () => write(BROKEN),
      'namespaces.yaml:3: namespaces[0].tier: expected one of free, pro, unlimited',
    ],
    [
      'refused by the catalog',
      () => write('namespaces:\n  - namespace: acme\n    parent: nobody\n'),
      'namespaces.yaml:3: namespaces[0].parent: must be a registered namespace',
    ],
    ['not there', () => {}, 'namespaces.yaml: cannot be read (ENOENT)'],
    ['a folder', () => mkdirSync(path), 'namespaces.yaml: is not a file'],
    [
      'too long',
      () => write(' '.repeat(MAX_DECLARED_BYTES + 1)),
      'namespaces.yaml: longer than 1048576 bytes',
    ],
  ])('that is %s stops the start', async (_, make, message) => {
    make();
    await expect(watch.start()).rejects.toThrow(message);
    expect([home.catalog.records(), looks]).toEqual([[], 0]);
  });

  it('is applied again once it has changed and stands still', async () => {
    write(ONE);
    await watch.start();
    await settle();
    write(TWO);
    await watch.look();
    expect(events).toEqual(['create acme']);
    await watch.look();
    expect(events).toEqual(['create acme', 'create bolt']);
    await settle();
    expect(events).toHaveLength(2);
  });

  it('may be replaced by a rename, or by swapping the folder a link leads to', async () => {
    const [first, second] = [join(folder, 'v1'), join(folder, 'v2')];
    for (const made of [first, second]) mkdirSync(made);
    write(ONE, join(first, 'namespaces.yaml'));
    write(TWO, join(second, 'namespaces.yaml'));
    symlinkSync(first, join(folder, 'current'));
    symlinkSync(join(folder, 'current', 'namespaces.yaml'), path);
    await watch.start();
    symlinkSync(second, join(folder, 'next'));
    renameSync(join(folder, 'next'), join(folder, 'current'));
    await settle();
    expect(events).toEqual(['create acme', 'create bolt']);
    write('namespaces:\n  - namespace: corp\n', join(folder, 'new'));
    renameSync(join(folder, 'new'), path);
    await settle();
    expect(events.at(-1)).toBe('create corp');
  });

  it('that is broken later, or gone, is told of once and leaves everything as it is', async () => {
    write(TWO);
    await watch.start();
    const before = [...home.catalog.records()];
    write(BROKEN);
    await settle();
    await settle();
    unlinkSync(path);
    await settle();
    await settle();
    expect(events.slice(1)).toEqual([
      'namespaces.yaml:3: namespaces[0].tier: expected one of free, pro, unlimited',
      'namespaces.yaml: cannot be read (ENOENT)',
    ]);
    expect(home.catalog.records()).toEqual(before);
    write(TWO);
    await settle();
    expect(events.at(-1)).toBe('');
  });

  it('that the disk does not take just now is told of once, and tried until it does, also at start', async () => {
    const failure = new AppError('UNAVAILABLE', 'not just now');
    admin = { apply: () => Promise.reject(failure) };
    write(ONE);
    await watch.start();
    await settle();
    expect(events).toEqual(['not just now']);
    admin = home.admin;
    await settle();
    await settle();
    expect(events).toEqual(['not just now', 'create acme']);
  });

  it('is not looked at any more after the end, which waits for what is under way', async () => {
    write(ONE);
    await watch.start();
    let finish = (): void => {};
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    admin = {
      apply: async (...args) => {
        await held;
        return home.admin.apply(...args);
      },
    };
    write(TWO);
    await watch.look();
    void watch.look();
    const stopped = watch.stop();
    finish();
    await stopped;
    expect([looks, events]).toEqual([0, ['create acme', 'create bolt']]);
  });
});

describe('the log of a declared file', () => {
  it('has a line for each change, the names of fields, and no values', () => {
    const lines: string[] = [];
    const logger = createLogger({
      level: 'info',
      destination: { write: (line: string) => void lines.push(line) },
    });
    const log = declaredLog(logger, 'namespaces.yaml');
    log.applied({
      changes: [{ action: 'create', namespace: 'acme', fields: { owner: { before: null, after: 'ann' } } }],
      unchanged: 2,
      skipped: [{ namespace: 'bolt', reason: 'is being purged' }],
      applied: true,
    });
    log.refused(new Error('namespaces.yaml:3: no'));
    const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(said).toMatchObject([
      { namespace: 'acme', action: 'create', fields: ['owner'] },
      { level: 'warn', namespace: 'bolt' },
      { changed: 1, unchanged: 2, skipped: 1, file: 'namespaces.yaml' },
      { level: 'error', reason: 'namespaces.yaml:3: no' },
    ]);
    expect(lines.join('')).not.toContain('ann');
  });
});
