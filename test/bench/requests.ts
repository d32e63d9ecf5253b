import type { BodyMaker, Shape } from './bodies.js';
import type { RawRequest, RequestSource } from './load.js';

/** Document lists that known requests take turns with, and queries known over each. */
const DOCUMENT_SETS = 8;
const QUERIES_PER_SET = 4;

/** A body's bytes with the head they need; `tail` is shared by requests over the same documents. */
function rawRequest(namespace: string, query: string, tail: Buffer): RawRequest {
  const start = Buffer.from(query);
  const head = [
    'POST /rerank HTTP/1.1',
    'Host: 127.0.0.1',
    'Content-Type: application/json',
    `X-NeuralCache-Namespace: ${namespace}`,
    `Content-Length: ${start.length + tail.length}`,
    '\r\n',
  ];
  return { head: Buffer.concat([Buffer.from(head.join('\r\n')), start]), tail };
}

/** The requests of one namespace and shape. */
export class RequestMaker {
  private readonly sets: readonly Buffer[];
  /** Requests that repeat; ranked once, all their pairs are known. */
  readonly known: readonly RawRequest[];
  private turn = 0;

  constructor(
    readonly namespace: string,
    private readonly shape: Shape,
    private readonly bodies: BodyMaker,
  ) {
    this.sets = Array.from({ length: DOCUMENT_SETS }, () => Buffer.from(bodies.documents(shape)));
    this.known = this.sets.flatMap((set) =>
      Array.from({ length: QUERIES_PER_SET }, () => rawRequest(namespace, bodies.query(shape), set)),
    );
  }

  /** A query nobody asked yet, over known documents. */
  newQuery(): RawRequest {
    const set = this.sets[this.turn++ % this.sets.length]!;
    return rawRequest(this.namespace, this.bodies.query(this.shape), set);
  }

  /** A query and documents nobody sent yet. */
  allNew(): RawRequest {
    return rawRequest(
      this.namespace,
      this.bodies.query(this.shape),
      Buffer.from(this.bodies.documents(this.shape)),
    );
  }
}

/** Queries that together hold every word, over documents that hold every word: meets every pair of words once. */
export function warmingRequests(
  namespace: string,
  words: readonly string[],
  bodies: BodyMaker,
): RawRequest[] {
  const tail = Buffer.from(bodies.wholeVocabulary(1000));
  const requests: RawRequest[] = [];
  const wordsPerQuery = 10;
  for (let i = 0; i < words.length; i += wordsPerQuery) {
    requests.push(rawRequest(namespace, bodies.query({}, words.slice(i, i + wordsPerQuery)), tail));
  }
  return requests;
}

/** Each request once. */
export function once(requests: readonly RawRequest[]): RequestSource {
  let next = 0;
  return () => requests[next++];
}

/** The requests round and round. */
export function inTurn(requests: readonly RawRequest[]): RequestSource {
  let next = 0;
  return () => requests[next++ % requests.length];
}
