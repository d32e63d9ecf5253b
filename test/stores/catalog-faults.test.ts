import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, systemClock } from '../../src/base/clock.js';
import { openCatalogReader } from '../../src/stores/catalog-reader.js';
import { catalogPath } from '../../src/stores/catalog-schema.js';
import type { AuditRow } from '../../src/stores/catalog-store.js';
import type { StorageError } from '../../src/stores/store.js';
import {
  openWorkerCatalog,
  type WorkerCatalog,
  type WorkerCatalogOptions,
} from '../../src/stores/worker-catalog.js';
import { append, entry, record, rowsOf } from '../contracts/catalog-store.js';
import { CatalogHome } from './catalog-home.js';
import { FaultyDisk, failureOf } from './database-home.js';

let home: CatalogHome;
beforeEach(() => {
  home = new CatalogHome();
});
afterEach(() => home.remove());

/** As the catalog writes it: the hash is of the values. */
function proven(seq: number, values = `{"seq":${seq},"text":"${'x'.repeat(300)}"}`): AuditRow {
  return entry(seq, { values, valuesHash: createHash('sha256').update(values).digest('hex') });
}

/** Closed, with so many namespaces and as many audit entries. */
function write(count: number): void {
  const file = home.openFile();
  for (let seq = 1; seq <= count; seq += 1)
    file.commit([record(`n${seq}`, JSON.stringify('v'.repeat(300))), { append: proven(seq) }]);
  file.close();
}

const keys = (file: ReturnType<CatalogHome['openFile']>) =>
  file
    .load()
    .rows.map(({ key }) => key)
    .sort();

describe('a failing disk', () => {
  it('that is full takes nothing of a commit and still gives, until there is room', () => {
    const file = home.openFile({ maxPages: 12 });
    file.commit([record('old'), append(1)]);
    expect(failureOf(() => file.commit([record('lost', 'x'.repeat(100_000)), append(2)]))).toBe('full');
    expect(keys(file)).toEqual(['old']);
    expect(file.load().lastAudit).toEqual(entry(1));
    file.commit([record('new'), append(2)]);
    expect(keys(file)).toEqual(['new', 'old']);
  });

  it.each([
    ['SQLITE_CANTOPEN', 'io'],
    ['SQLITE_READONLY', 'read-only'],
    ['SQLITE_FULL', 'full'],
  ])('at the start is told, and gone without a restart: %s', (code, failure) => {
    const disk = new FaultyDisk();
    disk.whenOpened = code;
    const file = home.openFile({ connect: disk.connect });
    expect(file.open()?.failure).toBe(failure);
    expect(failureOf(() => file.commit([append(1)]))).toBe(failure);
    disk.whenOpened = undefined;
    home.clock.advance(2000);
    file.commit([append(1)]);
    expect(file.load().lastAudit).toEqual(entry(1));
  });

  it('that failed in the midst is connected anew, and has what was written', () => {
    const disk = new FaultyDisk();
    const file = home.openFile({ connect: disk.connect });
    file.commit([record('old'), append(1)]);
    disk.whenWriting = 'SQLITE_IOERR_WRITE';
    expect(failureOf(() => file.commit([record('lost'), append(2)]))).toBe('io');
    expect(keys(file)).toEqual(['old']);
    disk.whenWriting = undefined;
    home.clock.advance(2000);
    file.commit([append(2)]);
    expect(keys(file)).toEqual(['old']);
  });

  it('shows, and a sweep finds out that it works again', async () => {
    const disk = new FaultyDisk();
    const catalog = await home.openCatalog(home.openFile({ connect: disk.connect }));
    disk.whenWriting = 'SQLITE_FULL';
    await expect(catalog.commit([append(1)])).rejects.toMatchObject({ failure: 'full' });
    expect(catalog.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('full') });
    await catalog.load();
    expect(catalog.health().status).toBe('degraded');
    disk.whenWriting = undefined;
    expect(await catalog.sweep(0, 10)).toBe(false);
    expect(catalog.health()).toEqual({ status: 'ok' });
  });

  it('that comes back is used again; a file that vanished is not begun anew', () => {
    const file = home.openFile();
    file.commit([record('a'), append(1)]);
    renameSync(home.folder, `${home.folder}.away`);
    expect(failureOf(() => file.commit([append(2)]))).toBe('io');
    expect(existsSync(home.path)).toBe(false);
    rmSync(home.folder, { recursive: true });
    renameSync(`${home.folder}.away`, home.folder);
    home.clock.advance(2000);
    file.commit([append(2)]);
    expect(keys(file)).toEqual(['a']);
  });

  it('with another file in its place is told of, and that file counts', () => {
    write(2);
    renameSync(home.path, `${home.path}.other`);
    const file = home.openFile();
    file.commit([record('mine'), append(1)]);
    for (const suffix of ['', '-wal', '-shm']) renameSync(home.path + suffix, `${home.path}.mine${suffix}`);
    renameSync(`${home.path}.other`, home.path);
    expect(keys(file)).toEqual(['n1', 'n2']);
    expect(home.replaced).toBeGreaterThan(0);
    expect(failureOf(() => file.commit([append(2)]))).toBe('io');
    file.commit([append(3)]);
  });

  it('with a folder in its place is told', () => {
    mkdirSync(home.path, { recursive: true });
    expect(home.openFile().open()?.failure).toBe('io');
  });
});

describe('a file that cannot be used', () => {
  it('of a newer format stops the start, untouched', async () => {
    write(1);
    const database = new BetterSqlite3(home.path);
    database.pragma('user_version = 99');
    database.close();
    const before = readFileSync(home.path);
    expect(failureOf(() => home.openFile().open())).toBe('newer');
    await expect(
      openWorkerCatalog({ folder: home.folder, sync: 'normal', clock: systemClock() }),
    ).rejects.toMatchObject({ failure: 'newer' });
    expect(failureOf(() => openCatalogReader(home.folder))).toBe('newer');
    expect(readFileSync(home.path).equals(before)).toBe(true);
  });

  it.each([
    ['empty', () => ''],
    ['garbage', () => 'garbage'.repeat(1000)],
    ['cut off', () => readFileSync(home.path).subarray(0, 50)],
  ])('is set aside and told of: %s', (_how, content) => {
    write(3);
    const spoilt = content();
    writeFileSync(home.path, spoilt);
    expect(failureOf(() => openCatalogReader(home.folder))).toBe('damaged');
    const file = home.openFile();
    expect(file.open()).toBeUndefined();
    expect(home.setAside).toEqual([[expect.stringMatching(/\.damaged-/), 0]]);
    expect(readFileSync(home.setAside[0]![0]).equals(Buffer.from(spoilt))).toBe(true);
    file.commit([append(1)]);
  });

  it('of namespaces’ state is none of ours', () => {
    const database = new BetterSqlite3(home.path);
    database.exec('CREATE TABLE records (x)');
    database.close();
    home.openFile().open();
    expect(home.setAside).toHaveLength(1);
  });

  it('keeps what can be read of it, and gives nothing that was not written', () => {
    write(40);
    const whole = readFileSync(home.path);
    let kept = 0;
    const place = fc.nat({ max: whole.length - 1 });
    const hit = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 60 }));
    fc.assert(
      fc.property(fc.array(hit, { minLength: 1, maxLength: 4 }), (hits) => {
        const damaged = Uint8Array.from(whole);
        for (const [at, bytes] of hits) damaged.set(bytes.subarray(0, damaged.length - at), at);
        for (const name of readdirSync(home.folder)) rmSync(join(home.folder, name));
        writeFileSync(home.path, damaged);
        home.setAside.length = 0;
        const file = home.openFile();
        let problem: StorageError | undefined;
        try {
          problem = file.open();
        } catch (error) {
          // A header that says so, whole otherwise.
          expect((error as StorageError).failure).toBe('newer');
          file.close();
          return;
        }
        expect(problem).toBeUndefined();
        if (home.setAside.length > 0) {
          const { rows, lastAudit } = file.load();
          const log = file.audit({}, 0, 1000);
          expect(log.map(({ seq }) => seq)).toEqual(
            [...new Set(log.map(({ seq }) => seq))].sort((a, b) => a - b),
          );
          for (const { values, valuesHash } of log)
            if (values !== null) expect(createHash('sha256').update(values).digest('hex')).toBe(valuesHash);
          for (const { kind, value } of rows) if (kind !== 'namespace') JSON.parse(value);
          expect(home.setAside[0]![1]).toBe(rows.length + log.length);
          kept += rows.length + log.length;
          file.commit([append((lastAudit?.seq ?? 0) + 1)]);
        }
        file.close();
      }),
      { numRuns: 60 },
    );
    expect(kept).toBeGreaterThan(0);
  });
});

it('loses to one damaged page what is on it', () => {
  write(60);
  const whole = readFileSync(home.path);
  const kept: number[] = [];
  for (let at = 4096; at < whole.length; at += 4096) {
    const damaged = Uint8Array.from(whole).fill(0xff, at, at + 4096);
    writeFileSync(home.path, damaged);
    const file = home.openFile();
    expect(file.open()).toBeUndefined();
    file.close();
    kept.push(home.setAside.pop()?.[1] ?? 120);
  }
  // Both tables are of a root and a dozen leaves; on a leaf are about ten rows.
  expect(kept.filter((count) => count > 100).length).toBeGreaterThan(kept.length / 2);
  expect(Math.min(...kept)).toBeGreaterThanOrEqual(60);
});

describe('what was taken away', () => {
  const traces = (marker: string) =>
    readdirSync(home.folder).filter((name) => readFileSync(join(home.folder, name)).includes(marker));

  it('is in no file after a compaction, whenever it was taken away', () => {
    const file = home.openFile();
    for (let round = 0; round < 30; round += 1) {
      const values = JSON.stringify({ secret: `zx81-${round}`, rest: 'y'.repeat(round * 90) });
      file.commit([
        record(`zx81-key-${round}`, values),
        { put: { kind: 'answer', key: `k${round}`, value: values, expiresAt: 5 } },
        append(2 * round + 1, { values, namespace: 'gone' }),
        append(2 * round + 2, { values: '{"kept":"yes"}', namespace: 'stays' }),
      ]);
      file.commit([record(`zx81-key-${round}`, JSON.stringify(`zx81-second-${'z'.repeat(round)}`))]);
    }
    file.commit([{ redact: 'gone' }]);
    for (let round = 0; round < 30; round += 1)
      file.commit([{ remove: { kind: 'namespace', key: `zx81-key-${round}` } }]);
    file.sweep(10, 1000);
    file.compact();
    expect(traces('kept')).not.toEqual([]);
    expect(traces('zx81')).toEqual([]);
    expect(file.audit({ namespace: 'stays' }, 0, 100)).toHaveLength(30);
    file.close();
    expect(traces('zx81')).toEqual([]);
  });

  it('waits for a reader that keeps the log', () => {
    const file = home.openFile();
    file.commit([record('zx81'), append(1)]);
    const reader = new BetterSqlite3(home.path, { readonly: true });
    const rows = reader.prepare('SELECT seq FROM audit').iterate();
    rows.next();
    file.commit([{ remove: { kind: 'namespace', key: 'zx81' } }]);
    expect(failureOf(() => file.compact())).toBe('io');
    rows.return?.();
    reader.close();
    file.compact();
    expect(traces('zx81')).toEqual([]);
  });
});

describe('reading beside the owner', () => {
  it('is of an empty catalog where there is none, and makes nothing', async () => {
    const reader = openCatalogReader(home.folder);
    expect(await reader.load()).toEqual({ rows: [], lastAudit: undefined });
    expect(await reader.get('namespace', 'a')).toBeUndefined();
    expect(await reader.audit({}, 0, 1)).toEqual([]);
    await reader.close();
    await expect(reader.load()).rejects.toMatchObject({ failure: 'closed' });
    expect(readdirSync(home.folder)).toEqual([]);
  });

  it('sees what was committed, also while more comes', async () => {
    const file = home.openFile();
    file.commit([record('a', '1'), append(1)]);
    const reader = openCatalogReader(home.folder);
    expect(await rowsOf(reader)).toEqual([{ kind: 'namespace', key: 'a', value: '1' }]);
    file.commit([record('a', '2'), append(2)]);
    expect(await reader.get('namespace', 'a')).toMatchObject({ value: '2' });
    expect(await reader.audit({ namespace: 'a' }, 1, 5)).toEqual([entry(2)]);
    await reader.close();
  });
});

describe('the catalog in its worker', () => {
  const opened: WorkerCatalog[] = [];
  const open = async (options: Partial<WorkerCatalogOptions> = {}) => {
    const catalog = await openWorkerCatalog({
      folder: home.folder,
      sync: 'normal',
      clock: systemClock(),
      ...options,
    });
    opened.push(catalog);
    return catalog;
  };
  afterEach(async () => {
    for (const catalog of opened.splice(0)) await catalog.close();
  });

  it('tells of a damaged file and goes on', async () => {
    writeFileSync(home.path, '');
    const told: unknown[] = [];
    const catalog = await open({ events: { setAside: (...what) => told.push(what) } });
    await catalog.commit([append(1)]);
    expect(told).toEqual([[home.path, expect.stringMatching(/\.damaged-/), 0]]);
    expect(catalog.health()).toEqual({ status: 'ok' });
  });

  it('goes on when its worker died, with what was committed', async () => {
    const clock = new ManualClock();
    const catalog = await open({ clock });
    await catalog.commit([record('a'), append(1)]);
    const { worker } = (catalog as unknown as { channel: { worker: { terminate(): Promise<number> } } })
      .channel;
    const under = catalog.commit([append(2)]).then(
      () => 'done',
      (cause: StorageError) => cause.failure,
    );
    await worker.terminate();
    expect(['done', 'io']).toContain(await under);
    await expect(catalog.load()).rejects.toMatchObject({ failure: 'io' });
    expect(catalog.health().status).toBe('degraded');
    clock.advance(1000);
    expect((await catalog.load()).rows).toHaveLength(1);
    await catalog.sweep(0, 1);
    expect(catalog.health()).toEqual({ status: 'ok' });
  });
});

describe('a process that is killed', () => {
  it('leaves each commit whole, and the log without gaps', async () => {
    const location = new URL('../../dist/stores/catalog-file.js', import.meta.url);
    const script = `
      import { CatalogFile } from ${JSON.stringify(location.href)};
      const clock = { now: () => Date.now(), monotonic: () => performance.now() };
      const file = new CatalogFile({ path: process.argv[1], clock });
      let seq = file.load().lastAudit?.seq ?? 0;
      for (;;) {
        seq += 1;
        const value = JSON.stringify({ seq, filler: 'x'.repeat(seq % 5000) });
        file.commit([
          { put: { kind: 'namespace', key: 'n' + (seq % 7), value } },
          { append: { seq, at: seq, actor: 'system', action: 'update', namespace: 'n' + (seq % 7), requestId: '',
            values: value, valuesHash: '', hash: '' } },
        ]);
        process.stdout.write(seq + '\\n');
      }`;
    let acknowledged = 0;
    for (const wanted of [1, 40, 90, 7, 150]) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, catalogPath(home.folder)]);
      const ended = once(child, 'exit');
      let seen = '';
      let lines = 0;
      for await (const chunk of child.stdout) {
        seen += chunk;
        lines = seen.split('\n').length - 1;
        if (lines >= wanted) child.kill('SIGKILL');
      }
      await ended;
      acknowledged = Number(seen.split('\n')[lines - 1]);
      const file = home.openFile();
      const { rows, lastAudit } = file.load();
      expect(lastAudit!.seq).toBeGreaterThanOrEqual(acknowledged);
      const log: AuditRow[] = [];
      while (log.length < lastAudit!.seq) log.push(...file.audit({}, log.length, 1000));
      expect(log.map(({ seq }) => seq)).toEqual(log.map((_, index) => index + 1));
      for (const { key, value } of rows) {
        const latest = log.findLast(({ namespace }) => namespace === key);
        expect(value).toBe(latest!.values);
      }
      file.close();
    }
    expect(home.setAside).toEqual([]);
  });
});
