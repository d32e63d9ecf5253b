import { type BodyMaker, documentsOf, type Shape } from './bodies.js';
import type { RawRequest, RequestSource } from './load.js';

/** Document lists that known requests take turns with, and queries known over each. */
const DOCUMENT_SETS = 8;
const QUERIES_PER_SET = 4;

/** Documents that a mostly known list has new. */
const NEW_DOCUMENTS = 2;

/** A body's bytes with the head they need; `tail` is shared by requests over the same documents. */
function rawRequest(namespace: string, query: string, tail: Buffer, path = '/rerank'): RawRequest {
  const start = Buffer.from(query);
  const head = [
    `POST ${path} HTTP/1.1`,
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
  private readonly sets: readonly { readonly rows: readonly string[]; readonly tail: Buffer }[];
  private readonly queries: readonly (readonly string[])[];
  /** Requests that repeat; ranked once, all their pairs are known. */
  readonly known: readonly RawRequest[];
  private turn = 0;

  constructor(
    readonly namespace: string,
    private readonly shape: Shape,
    private readonly bodies: BodyMaker,
  ) {
    this.sets = Array.from({ length: DOCUMENT_SETS }, () => {
      const rows = bodies.newRows(shape, shape.documents);
      return { rows, tail: Buffer.from(documentsOf(rows)) };
    });
    this.queries = this.sets.map(() => Array.from({ length: QUERIES_PER_SET }, () => bodies.query(shape)));
    this.known = this.sets.flatMap(({ tail }, set) =>
      this.queries[set]!.map((query) => this.request(query, tail)),
    );
  }

  /** A query nobody asked yet, over known documents. */
  newQuery(): RawRequest {
    const { tail } = this.sets[this.turn++ % this.sets.length]!;
    return this.request(this.bodies.query(this.shape), tail);
  }

  /** A known query over its documents, of which two are others that nobody sent yet. */
  mostlyKnown(): RawRequest {
    const turn = this.turn++;
    const set = turn % this.sets.length;
    const query = this.queries[set]![Math.floor(turn / this.sets.length) % QUERIES_PER_SET]!;
    const kept = this.sets[set]!.rows.slice(NEW_DOCUMENTS);
    const rows = [...kept, ...this.bodies.newRows(this.shape, NEW_DOCUMENTS)];
    return this.request(query, Buffer.from(documentsOf(rows)));
  }

  /** A query and documents nobody sent yet. */
  allNew(): RawRequest {
    return this.request(this.bodies.query(this.shape), Buffer.from(this.bodies.documents(this.shape)));
  }

  /** Strings are what clients of other APIs send, to a path that those have. */
  private request(query: string, tail: Buffer): RawRequest {
    return rawRequest(this.namespace, query, tail, this.shape.areStrings ? '/v1/rerank' : '/rerank');
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
