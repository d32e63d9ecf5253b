/** `npm run bench`: our server against bare Express, in one run, in turns. See `--help`. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/random.js';
import { BodyMaker, readVocabulary } from './bodies.js';
import { CASES, type Case } from './cases.js';
import { ChildServer } from './child-server.js';
import { type CaseResult, type Effort, measureCase } from './measure.js';
import { MEMORY_COST_SETTINGS, type MemoryCost, measureMemoryCost } from './memory-cost.js';
import { caseTable, memoryTable, proxiedTable } from './report.js';
import { Subject } from './subject.js';

const WARM_UP_ROUNDS = 3;

const HELP = `npm run bench -- [options]

Requests per second and p50/p99 of bare Express, which parses the same body and answers the same bytes, and of this
server, in turns; the same in front of an upstream that answers at once, beside that upstream called directly; and what
1024 remembered queries add to a request.

  --quick              short rounds, cells for one shape only: about a minute in all
  --filter TEXT        only cases whose name holds TEXT ("50×1000, hybrid"); "memory" is the last table
  --json               print JSON
  --rounds N           measured rounds of a case, default 5, after three to warm up
  --seconds N          length of a round, default 1
  --connections N      requests under way at once, default 8
  --seed N             seed of all texts, default 1
`;

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    filter: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
  },
});

if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const effort: Effort = {
    warmUpRounds: values.quick ? 1 : WARM_UP_ROUNDS,
    rounds: positive('rounds', values.rounds ?? (values.quick ? '2' : '5')),
    roundMs: 1000 * positive('seconds', values.seconds ?? (values.quick ? '0.25' : '1')),
    connections: positive('connections', values.connections),
  };
  const words = readVocabulary();
  const bodies = new BodyMaker(words, seededRandom(positive('seed', values.seed)));
  const wanted = values.filter.replaceAll('x', '×');
  const chosen = CASES.filter(
    (what) =>
      (what.name.includes(values.filter) || what.name.includes(wanted)) && (!values.quick || isQuick(what)),
  );
  const withMemory = 'memory'.includes(values.filter);
  if (chosen.length === 0 && !withMemory) throw new Error(`no case holds "${values.filter}"`);
  const results = await measureCases(chosen, words, bodies, effort);
  const memory = withMemory ? await memoryCost(words, bodies, values.quick ? 6 : 20) : [];
  print(results, memory, effort);
}

async function measureCases(
  cases: typeof CASES,
  words: readonly string[],
  bodies: BodyMaker,
  effort: Effort,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const bare = await ChildServer.start('bare-express.js');
  for (const scorer of new Set(cases.map((what) => what.scorer))) {
    const upstream = scorer === 'upstream' ? await ChildServer.start('fast-upstream.js') : undefined;
    const subject = await Subject.start({ SCORER: scorer, ...(upstream && settingsFor(upstream)) });
    await subject.warm(words, bodies);
    for (const what of cases.filter((candidate) => candidate.scorer === scorer)) {
      const result = await measureCase(subject, { bare, upstream }, what, bodies, effort);
      process.stderr.write(`${what.name}: ${result.ratio.toFixed(3)}\n`);
      results.push(result);
    }
    await subject.stop();
    await upstream?.stop();
  }
  await bare.stop();
  return results;
}

function settingsFor({ port }: ChildServer): Record<string, string> {
  return { UPSTREAM_URL: `http://127.0.0.1:${port}`, UPSTREAM_DIALECT: 'cohere-v1' };
}

async function memoryCost(
  words: readonly string[],
  bodies: BodyMaker,
  batches: number,
): Promise<MemoryCost[]> {
  const subject = await Subject.start(MEMORY_COST_SETTINGS);
  await subject.warm(words, bodies);
  const costs = await measureMemoryCost(subject, bodies, batches);
  await subject.stop();
  return costs;
}

function print(results: readonly CaseResult[], memory: readonly MemoryCost[], effort: Effort): void {
  if (values.json) {
    const machine = { node: process.version, cores: availableParallelism() };
    process.stdout.write(`${JSON.stringify({ machine, effort, cases: results, memory }, null, 2)}\n`);
    return;
  }
  const proxied = results.filter((result) => result.proxied !== undefined);
  const own = results.filter((result) => result.proxied === undefined);
  const tables = [
    own.length > 0 && caseTable(own),
    proxied.length > 0 && proxiedTable(proxied),
    memory.length > 0 && memoryTable(memory),
  ];
  process.stdout.write(`${tables.filter(Boolean).join('\n\n')}\n`);
}

/** A namespace takes seconds to fill with cells: in a quick run one shape shows what they cost. */
function isQuick({ cells, shape, scorer }: Case): boolean {
  return cells === 0 || (shape.name === '50×1000' && scorer === 'hybrid');
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return value;
}
