import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { markAwaitingContinue } from './awaiting-continue.js';
import { answerOnSocket, clientError } from './client-errors.js';
import type { Draining } from './draining.js';
import { NO_ROUTE } from './exchange.js';
import { type ExpressPrototypes, expressMessages } from './express-messages.js';
import type { Services } from './services.js';

/** Where and how to listen. Bounds have defaults; every wait and number of connections is bounded. */
export interface ServerOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** How long `stop` waits for requests inside, in milliseconds, before it cuts them off. */
  readonly shutdownTimeoutMs: number;
  /** From a request's first byte to its last; default 60 000. */
  readonly requestTimeoutMs?: number;
  /** From a request's first byte to the end of its headers; default 20 000. */
  readonly headersTimeoutMs?: number;
  /** How often the two are looked at; default 1000. */
  readonly timeoutCheckMs?: number;
  /** How long an idle connection is kept; default 72 000, longer than common load balancers reuse theirs. */
  readonly keepAliveTimeoutMs?: number;
  /** Open connections beyond which new ones are closed at once; default 4096. */
  readonly maxConnections?: number;
  /** Most bytes of a header section (431); default 16 384. */
  readonly maxHeaderBytes?: number;
}

/** A listening server. */
export interface RunningServer {
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, fit to be pasted. */
  readonly url: string;
  /**
   * Stops accepting, closes idle connections, waits for requests inside and closes theirs after the answer; after
   * `shutdownTimeoutMs`, or when `force` is called, the rest is cut off. Calling it again gives the same promise.
   *
   * @returns whether anything had to be cut off
   */
  stop(): Promise<{ readonly forced: boolean }>;
  /** Cuts off what is still inside; only while stopping. */
  force(): void;
}

/**
 * Listens with the app.
 *
 * @throws Error of the system where host and port cannot be had (`EADDRINUSE`, `EACCES`, …)
 */
export async function startServer(
  app: RequestListener & ExpressPrototypes,
  services: Pick<Services, 'logger' | 'metrics' | 'newRequestId'>,
  options: ServerOptions,
  draining: Draining,
): Promise<RunningServer> {
  const server = createServer(
    {
      ...expressMessages(app),
      requestTimeout: options.requestTimeoutMs ?? 60_000,
      headersTimeout: Math.min(options.headersTimeoutMs ?? 20_000, options.requestTimeoutMs ?? 60_000),
      connectionsCheckingInterval: options.timeoutCheckMs ?? 1000,
      keepAliveTimeout: options.keepAliveTimeoutMs ?? 72_000,
      maxHeaderSize: options.maxHeaderBytes ?? 16_384,
      noDelay: true,
      // The app refuses a request without Host itself, in the envelope of every other error.
      requireHostHeader: false,
    },
    app,
  );
  // Bytes bound the headers. A bound on their number would drop the last ones unseen, the namespace's among them.
  server.maxHeadersCount = 0;
  server.maxConnections = options.maxConnections ?? 4096;
  server.on('checkContinue', (req: IncomingMessage, res) => {
    markAwaitingContinue(req);
    app(req, res);
  });
  server.on('checkExpectation', app);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    refuse(error, socket as Socket, services);
  });
  const ending = stopper(server, options, draining);
  await listen(server, options);
  // A connection that cannot be accepted (no file handles left, say) must not end the process.
  server.on('error', (error) => services.logger.error({ error: error.message }, 'listener failed'));
  const { port } = server.address() as AddressInfo;
  const hostInUrl = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    host: options.host,
    port,
    url: `http://${hostInUrl}:${port}`,
    ...ending,
  };
}

/** Answers, logs and counts a request that never reached the app. A connection that just broke is none. */
function refuse(
  failure: NodeJS.ErrnoException,
  socket: Socket,
  services: Pick<Services, 'logger' | 'metrics' | 'newRequestId'>,
): void {
  if (failure.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const error = clientError(failure.code);
  const requestId = services.newRequestId();
  if (!answerOnSocket(socket, error, requestId)) return;
  services.metrics.requestFinished(NO_ROUTE, error.status, 0);
  services.logger.info({ status: error.status, cause: failure.code, requestId }, 'request refused');
}

function listen(server: Server, options: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function stopper(
  server: Server,
  options: ServerOptions,
  draining: Draining,
): Pick<RunningServer, 'stop' | 'force'> {
  const closeUnused = unusedConnections(server);
  let stopping: Promise<{ forced: boolean }> | undefined;
  let forced = false;
  const force = (): void => {
    if (stopping === undefined) return;
    forced = true;
    server.closeAllConnections();
  };
  const drain = async (): Promise<{ forced: boolean }> => {
    draining.begin();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    closeUnused();
    // Connections turn idle one by one as their answers leave.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const deadline = setTimeout(force, options.shutdownTimeoutMs);
    await closed;
    clearInterval(sweep);
    clearTimeout(deadline);
    return { forced };
  };
  return {
    force,
    stop: () => {
      stopping ??= drain();
      return stopping;
    },
  };
}

/** Node counts a connection that has not sent a byte as busy; the returned function closes those. */
function unusedConnections(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) {
      if (socket.bytesRead === 0) socket.destroy();
    }
  };
}
