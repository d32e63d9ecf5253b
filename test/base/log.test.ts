import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AppError } from '../../src/base/errors.js';
import { createLogger, lineWriter, silentLogger } from '../../src/base/log.js';

function capture(options: { level?: 'info' | 'debug'; secrets?: string[] } = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, log: createLogger({ level: 'info', ...options, destination }) };
}

it('a line is one JSON object with level, time and message', () => {
  const { lines, log } = capture();
  log.info({ namespace: 'a' }, 'namespace opened');
  expect(lines).toHaveLength(1);
  const line = JSON.parse(lines[0]!);
  expect(line).toEqual({ level: 'info', time: line.time, namespace: 'a', msg: 'namespace opened' });
  expect(new Date(line.time).toISOString()).toBe(line.time);
});

it('lines below the level are not written', () => {
  const { lines, log } = capture();
  log.debug('fine detail');
  expect(lines).toEqual([]);
  expect(log.isLevelEnabled('debug')).toBe(false);
  expect(silentLogger().isLevelEnabled('fatal')).toBe(false);
});

it('fields with credentials or what users wrote are hidden up to two levels deep', () => {
  const { lines, log } = capture();
  const request = {
    query: 'red shoes',
    documents: [{ text: 'blue hat' }],
    headers: { authorization: 'Bearer abc', 'x-api-key': 'abc' },
  };
  log.info({ request, query: 'red shoes', authorization: 'Bearer abc' }, 'ranked');
  expect(lines[0]).not.toMatch(/red shoes|blue hat|abc/);
  expect(JSON.parse(lines[0]!).request.query).toBe('[hidden]');
});

it('secrets are hidden wherever they stand in a line', () => {
  const { lines, log } = capture({ secrets: ['token-"1"', 'short'] });
  log.info({ url: '/rerank?key=token-"1"' }, 'refused token-"1", too short');
  expect(lines[0]).not.toContain('token-');
  expect(JSON.parse(lines[0]!).msg).toBe('refused [hidden], too short');
});

it('an error is logged with its codes and causes, without the detail that repeats a request', () => {
  const { lines, log } = capture();
  const cause = Object.assign(new Error('disk'), { code: 'ENOSPC', extra: 'private' });
  const error = new AppError('UNAVAILABLE', 'cannot write', [{ input: 'red shoes' }], { cause });
  log.error({ err: error }, 'feedback failed');
  const { err } = JSON.parse(lines[0]!);
  expect(err).toMatchObject({
    type: 'AppError',
    code: 'UNAVAILABLE',
    message: 'cannot write',
    cause: { code: 'ENOSPC' },
  });
  expect(err.stack).toContain('log.test');
  expect(lines[0]).not.toMatch(/red shoes|private/);
});

it('what is thrown without being an error is logged as text, and endless causes end', () => {
  const { lines, log } = capture();
  const loop = new Error('again');
  loop.cause = loop;
  log.error({ err: loop }, 'a');
  log.error({ err: 'a string' }, 'b');
  expect(JSON.parse(lines[1]!).err).toEqual({ message: 'a string' });
  expect(lines[0]!.match(/"message":"again"/g)).toHaveLength(6);
});

it('a line writer writes what the logger would, without secrets, and nothing below the level', async () => {
  const { lines, log } = capture({ secrets: ['hunter22'] });
  const fields = {
    route: '/rerank',
    status: 200,
    namespace: 'a"b',
    callerRequestId: 'hunter22',
    bytesIn: undefined,
  };
  lineWriter(log)(fields, 'request');
  await nextTurn();
  log.info(fields, 'request');
  const [ours, theirs] = lines.map((line) => ({ ...JSON.parse(line), time: '' }));
  expect(ours).toEqual(theirs);
  expect(ours.callerRequestId).toBe('[hidden]');
  expect(lines[0]!.endsWith('\n')).toBe(true);
  log.level = 'warn';
  lineWriter(log)(fields, 'request');
  await nextTurn();
  expect(lines).toHaveLength(2);
});

it('a line writer writes the lines of a turn together, and none twice', async () => {
  const { lines, log } = capture();
  const write = lineWriter(log);
  write({ status: 200 }, 'one');
  write({ status: 404 }, 'two');
  await nextTurn();
  write({ status: 500 }, 'three');
  await nextTurn();
  const messages = lines.map((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg),
  );
  expect(messages).toEqual([['one', 'two'], ['three']]);
});
