import { resolve } from 'node:path';
import Table from 'cli-table3';
import { InvalidArgumentError } from 'commander';
import { ManualClock } from '../base/clock.js';
import type { Collection } from '../evaluation/collection.js';
import type { CreateService, RankedService } from '../evaluation/ranked-service.js';
import { readCollection } from '../evaluation/read-collection.js';
import { CollectionError } from '../evaluation/read-lines.js';
import { CommandError } from './context.js';
import { IN_MEMORY } from './storage-mode.js';

/** Reads a collection, with what is wrong with it as the command's error. */
export async function openCollection(cwd: string, directory: string): Promise<Collection> {
  try {
    return await readCollection(resolve(cwd, directory));
  } catch (error) {
    if (error instanceof CollectionError) throw new CommandError(error.message);
    throw error;
  }
}

/** Runs some work over a service that keeps its state in memory unless told otherwise, and closes it. */
export async function withService<Result>(
  createService: CreateService,
  overrides: Readonly<Record<string, string>>,
  work: (service: RankedService, clock: ManualClock) => Promise<Result>,
): Promise<Result> {
  const clock = new ManualClock();
  const service = await createService({ overrides: { ...IN_MEMORY, ...overrides }, clock });
  try {
    return await work(service, clock);
  } finally {
    await service.close();
  }
}

/** Parser of a repeatable `--set NAME=VALUE`; the name with or without the prefix of the environment. */
export function collectSetting(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const match = /^(?:NEURALCACHE_)?([A-Z][A-Z0-9_]*)=(.*)$/s.exec(text);
  if (match === null) throw new InvalidArgumentError('Expected NAME=VALUE, for example INPUT_PRIOR=0.');
  return { ...before, [match[1]!]: match[2]! };
}

/** Parser of a whole number within bounds, both included. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

/** Parser of a number within bounds, both included. */
export function decimal(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`);
  };
}

/** A plain table for people, without colours, ending in a line break. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const plain = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) plain.push([...row]);
  return `${plain.toString()}\n`;
}

/** Rows of text as a table on a terminal; for other programs a line each, with tabs between its cells and none that is empty at its end. */
export function rowsFor(
  { isTTY }: { readonly isTTY?: boolean },
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  if (isTTY === true) return table(head, rows);
  return rows.map((row) => `${row.join('\t').replace(/\t+$/, '')}\n`).join('');
}

/** A quality with four decimals; a dash where there was nothing to measure. */
export function quality(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(4);
}

/** A change of quality, with its sign. */
export function change(value: number): string {
  return value > 0 ? `+${quality(value)}` : quality(value);
}
