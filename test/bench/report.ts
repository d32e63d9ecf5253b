import type { CaseResult } from './measure.js';
import type { MemoryCost } from './memory-cost.js';

/** Above this the load itself may have been what was slow. */
const SATURATED_SHARE = 0.95;

/** All cases as a Markdown table, fit for the README, with a note where a figure is not to be trusted. */
export function caseTable(results: readonly CaseResult[]): string {
  const header = [
    'case',
    'bare req/s',
    'bare p50/p99 ms',
    'ours req/s',
    'ours p50/p99 ms',
    'ours/bare',
    'target',
  ];
  const rows = results.map(({ name, bare, ours, ratio, target }) => [
    name,
    bare.requestsPerSecond.toFixed(0),
    `${bare.p50Ms.toFixed(1)} / ${bare.p99Ms.toFixed(1)}`,
    ours.requestsPerSecond.toFixed(0),
    `${ours.p50Ms.toFixed(1)} / ${ours.p99Ms.toFixed(1)}`,
    ratio.toFixed(3),
    target === undefined ? '' : `≥ ${target} ${ratio >= target ? 'met' : 'MISSED'}`,
  ]);
  const limited = results.filter(({ generatorShare }) => generatorShare > SATURATED_SHARE);
  const notes = limited.map(
    ({ name }) => `The load took a whole core, so bare Express may be faster: ${name}`,
  );
  return [markdown(header, rows), ...notes].join('\n');
}

/** What standing in front of an upstream costs, as a Markdown table. */
export function proxiedTable(results: readonly CaseResult[]): string {
  const header = [
    'case',
    'bare req/s',
    'bare p50 ms',
    'upstream req/s',
    'upstream p50 ms',
    'ours req/s',
    'ours p50/p99 ms',
    'ours/bare',
    'added/bare at p50',
    'target',
  ];
  const rows = results.flatMap(({ name, bare, ours, ratio, target, proxied }) => {
    if (proxied === undefined) return [];
    const { direct, added, mostAdded } = proxied;
    const targets = [
      target === undefined ? '' : `≥ ${target} ${ratio >= target ? 'met' : 'MISSED'}`,
      mostAdded === undefined ? '' : `adds < ${mostAdded} ${added < mostAdded ? 'met' : 'MISSED'}`,
    ];
    return [
      [
        name,
        bare.requestsPerSecond.toFixed(0),
        bare.p50Ms.toFixed(2),
        direct.requestsPerSecond.toFixed(0),
        direct.p50Ms.toFixed(2),
        ours.requestsPerSecond.toFixed(0),
        `${ours.p50Ms.toFixed(2)} / ${ours.p99Ms.toFixed(2)}`,
        ratio.toFixed(3),
        added.toFixed(2),
        targets.join(''),
      ],
    ];
  });
  return markdown(header, rows);
}

/** What cells add, as a Markdown table. */
export function memoryTable(costs: readonly MemoryCost[]): string {
  const header = [
    'memory stage, 100 documents',
    '0 cells p50/p95 ms',
    '1024 cells p50/p95 ms',
    'added p50/p95 ms',
  ];
  const rows = costs.map((cost) => [
    `${cost.query} query`,
    `${cost.without.p50Ms.toFixed(2)} / ${cost.without.p95Ms.toFixed(2)}`,
    `${cost.with.p50Ms.toFixed(2)} / ${cost.with.p95Ms.toFixed(2)}`,
    `${cost.addedP50Ms.toFixed(2)} / ${cost.addedP95Ms.toFixed(2)}`,
  ]);
  return markdown(header, rows);
}

/** Rows under a header as a Markdown table, columns aligned. */
export function markdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}
