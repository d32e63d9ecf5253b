/** `npm run bench:inference -- --model DIR`: what encoding does to everybody else. See `--help`. */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startEncodingServer } from './inference/encoding-server.js';
import { type HealthFigures, measureHealth } from './inference/health.js';
import { type HybridFigures, measureHybrid } from './inference/hybrid.js';
import { type KillFigures, killWorkers } from './inference/kills.js';
import { markdown } from './report.js';

const HELP = `npm run bench:inference -- --model DIR [options]

What encoding does to everybody else, with the encoder in DIR (a Hugging Face export): how long /healthz takes while
requests of 200 new documents follow each other, and how many hybrid requests are left of those without the encoder.

  --model DIR      the encoder's folder
  --seconds N      length of each measurement, default 20
  --kill N         instead: kill random workers for N seconds under load; every request must be answered with 200
  --seed N         of the kills and their texts, default 1
  --json           print JSON

Exits with 1 if a request was not answered.
`;

/** What is wanted: `/healthz` at p99, and the share of hybrid requests that is left. */
const TARGETS = { healthP99Ms: 20, hybridShare: 0.5 } as const;
const HYBRID_ROUNDS = 5;

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    kill: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    hybrid: { type: 'boolean', default: false },
  },
});

if (values.help || values.model === undefined) process.stdout.write(HELP);
else process.exitCode = await main(resolve(values.model), positive('seconds', values.seconds));

async function main(model: string, seconds: number): Promise<number> {
  if (values.hybrid) {
    const roundMs = (seconds * 1000) / (2 * HYBRID_ROUNDS);
    process.stdout.write(JSON.stringify(await measureHybrid(model, HYBRID_ROUNDS, roundMs)));
    return 0;
  }
  if (values.kill !== undefined) return killLoop(model, positive('kill', values.kill));
  const server = await startEncodingServer(model);
  const health = await measureHealth(server, seconds);
  await server.stop();
  const hybrid = hybridInProcess(model, seconds);
  const figures = { health, hybrid };
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${table(health, hybrid)}\n`);
  return 0;
}

async function killLoop(model: string, seconds: number): Promise<number> {
  const server = await startEncodingServer(model);
  const figures = await killWorkers(server, seconds, positive('seed', values.seed));
  await server.stop();
  process.stdout.write(values.json ? `${JSON.stringify(figures, null, 2)}\n` : `${sentence(figures)}\n`);
  return figures.problems.length === 0 ? 0 : 1;
}

/** In a process of its own, with nothing left over from before. */
function hybridInProcess(model: string, seconds: number): HybridFigures {
  const script = fileURLToPath(import.meta.url);
  const args = [script, '--hybrid', '--model', model, '--seconds', `${seconds}`];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as HybridFigures;
}

function table(health: HealthFigures, { alone, beside, encoded }: HybridFigures): string {
  const share = beside / alone;
  return markdown(
    ['what', 'at rest', 'while encoding', 'wanted'],
    [
      [
        '/healthz p99 ms',
        health.atRestP99Ms.toFixed(1),
        `${health.p99Ms.toFixed(1)} (p50 ${health.p50Ms.toFixed(1)}, max ${health.maxMs.toFixed(1)} of ${health.looks})`,
        `< ${TARGETS.healthP99Ms} ${health.p99Ms < TARGETS.healthP99Ms ? 'met' : 'MISSED'}`,
      ],
      ['200 new documents, p50 ms', '', `${health.encodedP50Ms.toFixed(0)} (${health.encoded})`, ''],
      [
        'hybrid requests of 50 documents/s',
        alone.toFixed(0),
        `${beside.toFixed(0)} (${share.toFixed(2)}; ${encoded.toFixed(0)} documents/s encoded)`,
        `≥ ${TARGETS.hybridShare} ${share >= TARGETS.hybridShare ? 'met' : 'MISSED'}`,
      ],
    ],
  );
}

function sentence({ kills, answered, degraded, p50Ms, maxMs, problems }: KillFigures): string {
  const times = `p50 ${p50Ms.toFixed(0)} ms, max ${maxMs.toFixed(0)} ms`;
  const verdict = problems.length === 0 ? 'none failed, none hung' : `PROBLEMS: ${problems.join('; ')}`;
  return `${kills} workers killed, ${answered} requests answered (${degraded} in lexical order; ${times}), ${verdict}`;
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} must be a number above 0, not ${text}`);
  return value;
}
