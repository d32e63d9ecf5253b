import { connect, type Socket } from 'node:net';

/** One HTTP request as bytes; the second part may be shared by many. */
export interface RawRequest {
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Gives the requests of a run; undefined ends the run. */
export type RequestSource = () => RawRequest | undefined;

export interface LoadOptions {
  readonly port: number;
  /** Keep-alive connections, each with one request at a time. */
  readonly connections: number;
  /** When no more requests are sent; those under way are waited for. */
  readonly durationMs: number;
  /** Told the head of every answer. */
  readonly onHead?: (head: string) => void;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** One per request, in milliseconds. */
  readonly latenciesMs: readonly number[];
  /** Share of one core that this process used meanwhile: near 1 it is the load that is slow, not the server. */
  readonly generatorShare: number;
}

/**
 * Sends requests over keep-alive connections as fast as they are answered. Speaks just enough HTTP to know where an answer
 * ends, so that a core spent on load answers for several times that core spent on a server. Rejects at the first answer
 * that is not 200.
 */
export async function runLoad(source: RequestSource, options: LoadOptions): Promise<LoadResult> {
  const connections = await Promise.all(
    Array.from({ length: options.connections }, () => Connection.open(options.port)),
  );
  const latenciesMs: number[] = [];
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const deadline = startedAt + options.durationMs;
  const drive = async (connection: Connection): Promise<void> => {
    while (performance.now() < deadline) {
      const request = source();
      if (request === undefined) return;
      const sentAt = performance.now();
      const head = await connection.send(request);
      latenciesMs.push(performance.now() - sentAt);
      options.onHead?.(head);
    }
  };
  try {
    await Promise.all(connections.map(drive));
  } finally {
    for (const connection of connections) connection.close();
  }
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return {
    requests: latenciesMs.length,
    seconds: elapsedMs / 1000,
    latenciesMs,
    generatorShare: (user + system) / 1000 / elapsedMs,
  };
}

const HEAD_END = '\r\n\r\n';

class Connection {
  private begun: Buffer | undefined;
  private head = '';
  /** Bytes of the body still to come; undefined before the head is whole. */
  private missing: number | undefined;
  private settle: { resolve(head: string): void; reject(error: Error): void } | undefined;

  private constructor(private readonly socket: Socket) {
    socket.on('data', (chunk) => this.onData(chunk));
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new Error('the server closed a connection')));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Resolves with the answer's head once its body has arrived whole. */
  send({ head, tail }: RawRequest): Promise<string> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.socket.cork();
      this.socket.write(head);
      this.socket.write(tail);
      this.socket.uncork();
    });
  }

  close(): void {
    this.settle = undefined;
    this.socket.destroy();
  }

  private onData(chunk: Buffer): void {
    if (this.missing === undefined) this.readHead(chunk);
    else this.missing -= chunk.length;
    if (this.missing !== 0) return;
    this.missing = undefined;
    const settle = this.settle;
    this.settle = undefined;
    settle?.resolve(this.head);
  }

  private readHead(chunk: Buffer): void {
    const bytes = this.begun === undefined ? chunk : Buffer.concat([this.begun, chunk]);
    const end = bytes.indexOf(HEAD_END);
    this.begun = end < 0 ? bytes : undefined;
    if (end < 0) return;
    this.head = bytes.toString('latin1', 0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(this.head)?.[1];
    if (!this.head.startsWith('HTTP/1.1 200') || length === undefined) {
      this.fail(new Error(`not an answer to measure: ${bytes.toString('latin1', 0, 600)}`));
      return;
    }
    this.missing = Number(length) - (bytes.length - end - HEAD_END.length);
  }

  private fail(error: Error): void {
    this.settle?.reject(error);
    this.settle = undefined;
    this.socket.destroy();
  }
}
