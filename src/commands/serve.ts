import type { Command } from 'commander';
import type { DestinationStream, Logger } from 'pino';
import { createLogger } from '../base/log.js';
import { openAccessProblem } from '../base/settings/rules.js';
import { secretsOf } from '../base/settings/secrets.js';
import type { Settings } from '../base/settings/table.js';
import { createApp } from '../http/app.js';
import { Draining } from '../http/draining.js';
import { type RunningServer, startServer } from '../http/server.js';
import type { Services } from '../http/services.js';
import { banner, reachableUrl } from './banner.js';
import { type CommandContext, CommandError } from './context.js';
import { readSettings } from './read-settings.js';

/** Services with an end: `close` flushes what is unwritten and gives the storage folder back. */
export type ServedServices = Services & { close(): Promise<void> };

/** Builds the services from settings; rejects where the storage folder cannot be had. */
export type StartServices = (settings: Settings, logger: Logger) => Promise<ServedServices>;

/** The process as `serve` sees it: it is told to stop by signals, and a second one ends it at once. */
export interface ServeProcess {
  on(signal: 'SIGINT' | 'SIGTERM', listener: (signal: 'SIGINT' | 'SIGTERM') => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: (signal: 'SIGINT' | 'SIGTERM') => void): unknown;
  exit(code: number): void;
  /** Calls back when whoever started us is gone, which counts as SIGTERM; answers how to end the watch. */
  onParentGone?(listener: () => void): () => void;
  /** Where log lines go; default the context's stdout. */
  readonly logDestination?: DestinationStream;
}

/** `npm` passes Ctrl-C on although the terminal has sent it to us already: what follows so soon is the same press. */
const SAME_PRESS_MS = 200;

/** `serve`: answers over HTTP until a signal says stop. */
export function registerServe(
  program: Command,
  context: CommandContext,
  startServices: StartServices,
  processOf: ServeProcess,
): void {
  program
    .command('serve')
    .description('answer over HTTP until SIGINT or SIGTERM (a second one forces)')
    .action(() => serve(context, startServices, processOf));
}

async function serve(
  context: CommandContext,
  startServices: StartServices,
  processOf: ServeProcess,
): Promise<void> {
  const { settings, warnings } = readSettings(context);
  const problem = openAccessProblem(settings);
  if (problem !== undefined) throw new CommandError(problem);
  const destination = processOf.logDestination ?? {
    write: (line: string) => void context.stdout.write(line),
  };
  const logger = createLogger({ level: settings.logLevel, secrets: secretsOf(settings), destination });
  for (const warning of warnings) logger.warn(warning);
  const stop = stopSignals(processOf);
  try {
    const services = await startServices(settings, logger);
    try {
      await runServer(context, settings, services, logger, stop.first);
    } finally {
      await services.close();
    }
  } finally {
    stop.forget();
  }
  logger.info('stopped');
}

/** Listens, says so, and comes back once a signal came and the requests inside are answered. */
async function runServer(
  context: CommandContext,
  settings: Settings,
  services: ServedServices,
  logger: Logger,
  stopped: Promise<string>,
): Promise<void> {
  const draining = new Draining();
  const app = createApp(services, settings, draining);
  const server = await listen(app, services, settings, draining);
  const url = reachableUrl(settings.httpHost, server.port);
  logger.info({ host: settings.httpHost, port: server.port, storage: settings.storageBackend }, 'listening');
  context.stderr.write(banner(url, settings));
  const signal = await stopped;
  logger.info({ signal }, 'stopping');
  const { forced } = await server.stop();
  if (forced) logger.warn('requests that took longer than SHUTDOWN_TIMEOUT_MS were cut off');
}

async function listen(
  app: ReturnType<typeof createApp>,
  services: ServedServices,
  settings: Settings,
  draining: Draining,
): Promise<RunningServer> {
  const { httpHost, httpPort, shutdownTimeoutMs, requestTimeoutMs } = settings;
  const options = {
    host: httpHost.replace(/^\[|\]$/g, ''),
    port: httpPort,
    shutdownTimeoutMs,
    requestTimeoutMs,
  };
  try {
    return await startServer(app, services, options, draining);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'EADDRINUSE' ? 'the port is in use (choose another with NEURALCACHE_HTTP_PORT)' : message;
    throw new CommandError(`cannot listen on ${httpHost}:${httpPort}: ${reason}`);
  }
}

/** `first` resolves with the name of the first signal; a second one ends the process with 1. */
function stopSignals(processOf: ServeProcess): { first: Promise<string>; forget(): void } {
  let resolveFirst: (signal: string) => void = () => {};
  const first = new Promise<string>((resolve) => {
    resolveFirst = resolve;
  });
  let before: { signal: string; at: number } | undefined;
  const listener = (signal: 'SIGINT' | 'SIGTERM'): void => {
    const now = performance.now();
    if (before === undefined) {
      before = { signal, at: now };
      resolveFirst(signal);
    } else if (signal === 'SIGTERM' || before.signal !== signal || now - before.at > SAME_PRESS_MS) {
      processOf.exit(1);
    }
  };
  processOf.on('SIGINT', listener);
  processOf.on('SIGTERM', listener);
  const endWatch = processOf.onParentGone?.(() => resolveFirst('parent gone'));
  return {
    first,
    forget() {
      endWatch?.();
      processOf.off('SIGINT', listener);
      processOf.off('SIGTERM', listener);
    },
  };
}
