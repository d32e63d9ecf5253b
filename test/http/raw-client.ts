import { connect, type Socket } from 'node:net';

/** A connection that writes what it is told and gathers what comes back, for requests no tidy client would send. */
export class RawClient {
  private text = '';
  private waiting: { pattern: RegExp; resolve: () => void }[] = [];
  readonly closed: Promise<void>;

  private constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      this.text += chunk;
      this.waiting = this.waiting.filter(({ pattern, resolve }) => {
        if (!pattern.test(this.text)) return true;
        resolve();
        return false;
      });
    });
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => socket.on('close', () => resolve()));
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1');
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return client;
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Waits until what has come back matches. */
  until(pattern: RegExp): Promise<void> {
    if (pattern.test(this.text)) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ pattern, resolve }));
  }

  /** All that came back until the server closed. */
  async all(): Promise<string> {
    await this.closed;
    return this.text;
  }

  get received(): string {
    return this.text;
  }

  end(): void {
    this.socket.destroy();
  }
}

/** The parsed JSON body of the last response in a text. */
export function lastBody(text: string): { error: { code: string; message: string; detail: unknown } } {
  return JSON.parse(text.slice(text.lastIndexOf('\r\n\r\n') + 4));
}
