#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import pino from 'pino';
import { watchParent } from './commands/parent-watch.js';
import { runCommandLine } from './commands/run-command-line.js';
import { createMeasuredService, startServices } from './compose.js';
import { folderAdmin } from './compose-folder-admin.js';
import { openEncoder } from './compose-models.js';
import { stateForCommands } from './compose-state.js';

// State holds ids and vectors of all tenants: what this program writes is for its own user, whatever library writes it.
process.umask(0o077);

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// Lines are collected and written together, a write for each of them would cost a known request a tenth of its time.
const LOG_CHUNK_BYTES = 8192;
const LOG_DELAY_MS = 100;
const logDestination = pino.destination({
  dest: 1,
  sync: false,
  minLength: LOG_CHUNK_BYTES,
  periodicFlush: LOG_DELAY_MS,
});
process.on('exit', () => logDestination.flushSync());

// Whoever reads our output may leave early (`| head`): that is no failure.
const onOutputError = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
};
process.stdout.on('error', onOutputError);
process.stderr.on('error', onOutputError);
logDestination.on('error', onOutputError);

const { env, stdin, stdout, stderr } = process;
process.exitCode = await runCommandLine(
  process.argv.slice(2),
  { env, stdin, stdout, stderr, cwd: process.cwd() },
  {
    version,
    process: {
      on: (signal, listener) => process.on(signal, listener),
      off: (signal, listener) => process.off(signal, listener),
      exit: (code) => process.exit(code),
      // Only under npm: a shell's `&` and `nohup` are meant to outlive their parent.
      ...(env.npm_lifecycle_event !== undefined && { onParentGone: watchParent }),
      logDestination,
    },
    startServices,
    createService: createMeasuredService,
    storedState: stateForCommands,
    folderAdmin,
    openEncoder,
  },
);
