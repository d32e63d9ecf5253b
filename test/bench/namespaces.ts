/** `npm run bench:namespaces`: many tenants on one server. See `--help`. */
import { parseArgs } from 'node:util';
import { seededRandom } from '../../src/base/random.js';
import { BodyMaker, readVocabulary } from './bodies.js';
import { type AdmissionFigures, type Compared, measureAdmission } from './namespaces/admission-cost.js';
import { measureNeighbours, type NeighbourFigures } from './namespaces/neighbours.js';
import { measureRegistered, type RegisteredFigures } from './namespaces/registered.js';
import { markdown } from './report.js';

const HELP = `npm run bench:namespaces -- [options]

What one tenant has of a server while another asks at 20 times its limit, beside what it has while that one is idle; what
quotas cost a request whose pairs are all known; and ten thousand registered namespaces: start, list pages, first
requests, and a thousand of them in memory.

  --part NAME      only this part: neighbours, admission, registered
  --namespaces N   registered, default 10000
  --rounds N       measured rounds, default 7
  --seconds N      length of a round, default 2
  --json           print JSON
`;

const { values } = parseArgs({
  options: {
    part: { type: 'string' },
    namespaces: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const PARTS = ['neighbours', 'admission', 'registered'] as const;

interface Figures {
  neighbours?: NeighbourFigures;
  admission?: AdmissionFigures;
  registered?: RegisteredFigures;
}

if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const parts = PARTS.filter((name) => values.part === undefined || name === values.part);
  if (parts.length === 0) throw new Error(`no part is called "${values.part}"`);
  const words = readVocabulary();
  const bodies = new BodyMaker(words, seededRandom(1));
  const rounds = positive('rounds', values.rounds);
  const roundMs = 1000 * positive('seconds', values.seconds);
  const figures: Figures = {};
  if (parts.includes('neighbours'))
    figures.neighbours = await measureNeighbours(words, bodies, rounds, roundMs);
  if (parts.includes('admission')) figures.admission = await measureAdmission(words, bodies, rounds, roundMs);
  if (parts.includes('registered'))
    figures.registered = await measureRegistered(positive('namespaces', values.namespaces));
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${table(figures)}\n`);
}

function table({ neighbours, admission, registered }: Figures): string {
  const rows = [
    ...(neighbours ? neighbourRows(neighbours) : []),
    ...(admission ? admissionRows(admission) : []),
    ...(registered ? registeredRows(registered) : []),
  ];
  return markdown(['what', 'figure', 'wanted'], rows);
}

function neighbourRows(figures: NeighbourFigures): string[][] {
  const { idle, flooded, flood, limit, throughputRatio, p99Ratio } = figures;
  const refused = `${flood.admitted} of ${flood.sent} requests of the loud one admitted at ${limit}/s`;
  return [
    [
      `throughput beside a loud neighbour (${flooded.requestsPerSecond.toFixed(0)}/s; idle ${idle.requestsPerSecond.toFixed(0)}/s; ${refused})`,
      throughputRatio.toFixed(3),
      `≥ .9 ${judged(throughputRatio >= 0.9)}`,
    ],
    [
      `p99 beside a loud neighbour (${flooded.p99Ms.toFixed(1)} ms; idle ${idle.p99Ms.toFixed(1)} ms)`,
      p99Ratio.toFixed(2),
      `≤ 1.5 ${judged(p99Ratio <= 1.5)}`,
    ],
  ];
}

function admissionRows({ tier, every }: AdmissionFigures): string[][] {
  const row = (what: string, { ratio, withPerSecond, withoutPerSecond }: Compared, wanted: string) => [
    `${what}, pairs known (${withPerSecond.toFixed(0)}/s; without ${withoutPerSecond.toFixed(0)}/s)`,
    ratio.toFixed(3),
    wanted,
  ];
  return [
    row('the quotas of a tier', tier, `> .97 ${judged(tier.ratio > 0.97)}`),
    row('every quota, on two levels', every, ''),
  ];
}

function registeredRows(figures: RegisteredFigures): string[][] {
  const { namespaces, startMs, pageP50Ms, pageP95Ms, pageMaxMs } = figures;
  const { activationP50Ms, activationP95Ms, asked, resident, residentBytes, boundBytes } = figures;
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return [
    [`start with ${namespaces} registered, ms`, startMs.toFixed(0), `< 2000 ${judged(startMs < 2000)}`],
    [
      'list page of 100, p50 / p95 / largest ms',
      `${pageP50Ms.toFixed(1)} / ${pageP95Ms.toFixed(1)} / ${pageMaxMs.toFixed(1)}`,
      `< 50 ${judged(pageMaxMs < 50)}`,
    ],
    [
      'first request of one not in memory, p50 / p95 ms',
      `${activationP50Ms.toFixed(1)} / ${activationP95Ms.toFixed(1)}`,
      `p95 ≤ 20 ${judged(activationP95Ms <= 20)}`,
    ],
    [
      `in memory of ${asked} used, and their bytes`,
      `${resident}, ${mib(residentBytes)}`,
      `≤ ${mib(boundBytes)} ${judged(resident >= asked && residentBytes <= boundBytes)}`,
    ],
  ];
}

function judged(isMet: boolean): string {
  return isMet ? 'met' : 'MISSED';
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return value;
}
