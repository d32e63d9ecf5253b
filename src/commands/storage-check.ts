import type { Command } from 'commander';
import { checkState, isWholeNamespace, type StateReport } from '../transfer/check-state.js';
import { type CommandContext, CommandError } from './context.js';
import { startProgress } from './progress-bar.js';
import { durableSettings, type StoredState } from './stored-state.js';
import { oneLine } from './terminal.js';

/** `storage check`: reads everything, also while a server runs; exit code 1 where something is damaged. */
export function registerStorageCheck(storage: Command, context: CommandContext, state: StoredState): void {
  storage
    .command('check')
    .description('read everything that is stored and say what is damaged; also while a server runs')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => check(context, state, json === true));
}

const LOST_RECORDS =
  'Records of namespaces cannot be read: put back a backup, or drop these namespaces and create them anew';

async function check(context: CommandContext, state: StoredState, json: boolean): Promise<void> {
  const settings = durableSettings(context);
  const bar = startProgress(context.stderr, 'check', json);
  let report: StateReport;
  try {
    report = await checkState({
      upkeep: state.openAllUpkeep(settings),
      openReader: () => state.openReader(settings),
      onProgress: bar.update,
    });
  } finally {
    bar.stop();
  }
  const catalog = await state.catalogProblems(settings);
  const whole = report.whole && catalog.length === 0;
  if (json) context.stdout.write(`${JSON.stringify({ ...report, whole, catalog }, null, 2)}\n`);
  else
    context.stdout.write(describeReport(report) + catalog.map((problem) => `${oneLine(problem)}\n`).join(''));
  const conclusions = [
    ...(report.whole ? [] : [conclusion(report)]),
    ...(catalog.length === 0 ? [] : [LOST_RECORDS]),
  ];
  if (conclusions.length > 0) throw new CommandError(conclusions.join('\n'));
}

/** What is of a newer format is no damage, and no repair touches it. */
function conclusion({ files, namespaces }: StateReport): string {
  const isNewer = [...files, ...namespaces].some(({ newer }) => newer);
  const isDamaged =
    files.some(({ newer }) => !newer) ||
    namespaces.some((checked) => !checked.newer && !isWholeNamespace(checked));
  return [
    ...(isDamaged || !isNewer ? ['Damage was found: `neuralcache storage repair` keeps what is whole'] : []),
    ...(isNewer ? ['State of a newer version was found: it takes a newer neuralcache to read it'] : []),
  ].join('\n');
}

/** A line for all that is whole, and one for each thing that is not. */
export function describeReport({ files, namespaces }: StateReport): string {
  const rows = namespaces.reduce((sum, checked) => sum + checked.rows, 0);
  const bytes = namespaces.reduce((sum, checked) => sum + checked.bytes, 0);
  const lines = [
    `Read ${namespaces.length} namespaces, ${rows} rows, ${bytes} bytes`,
    ...files.flatMap(({ path, problems }) => problems.map((problem) => `${path}: ${problem}`)),
    ...namespaces.flatMap(({ namespace, damaged, unfinished, problem }) => [
      ...(problem === null ? [] : [`${oneLine(namespace)}: ${problem}`]),
      ...(damaged === 0 ? [] : [`${oneLine(namespace)}: ${damaged} records cannot be read`]),
      ...(unfinished ? [`${oneLine(namespace)}: an import was not finished; run it again, or drop it`] : []),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}
