import type { JsonBody } from '../../remote/json-client.js';

/** What an upstream is asked: always for the scores of all texts. */
export interface UpstreamRequest {
  readonly query: string;
  /** At least one, at most the dialect's `maxDocuments`; none blank. */
  readonly texts: readonly string[];
  readonly model: string | undefined;
  /** Those of the dialect's `knobs` that the caller set. */
  readonly knobs: Knobs;
  /** The model's own scores are wanted; only where the dialect `hasRaw`. */
  readonly isRaw: boolean;
}

export type Knobs = Readonly<Record<string, string | number | boolean>>;

/** How a key is sent: the header, and the word before the key, if any. */
export interface KeyForm {
  readonly header: string;
  readonly scheme?: string;
}

/**
 * How one kind of reranker is spoken to: a pure codec. It sends no field that the vendor does not know, asks for the scores
 * of all documents and never for their texts back.
 */
export interface UpstreamDialect {
  /** As written in `UPSTREAM_DIALECT`. */
  readonly name: string;
  /** Where the API has its endpoint; `{model}` in it stands for the model's name. Empty: only a whole endpoint will do. */
  readonly path: string;
  /** The server has one model, and its requests name none. */
  readonly hasOneModel?: boolean;
  /** Paths that are the whole endpoint already. */
  readonly endpoint: RegExp;
  /** Most documents of a request. */
  readonly maxDocuments: number;
  /** Most bytes of a request's texts (4 MiB). */
  readonly maxBytes?: number;
  /** Most tokens of a request, the query counted with each document; estimated, see `splitTexts`. */
  readonly maxTokens?: number;
  /** Most characters of a document; what stands behind them is not sent. */
  readonly maxCharacters?: number;
  /** What scores are, unless raw ones were asked. */
  readonly scale: 'probability' | 'logit';
  /** Whether it can be asked for raw scores; they are logits. */
  readonly hasRaw?: boolean;
  /** What callers may set, by the vendor's name for it, and what kind of value it takes. */
  readonly knobs?: Readonly<Record<string, 'string' | 'number' | 'boolean'>>;
  /** Values of knobs that are what the vendor does anyway, where a caller sets none. */
  readonly defaults?: Knobs;
  /** Default: `Authorization: Bearer …`. */
  readonly key?: KeyForm;
  /** Requests are signed where the key is one of AWS, `ID:SECRET`. */
  readonly isSigned?: boolean;
  /** Sent with every request; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the server tells its own limit, and how it is read there; undefined = it does not say. */
  readonly limit?: {
    pathOf(endpointPath: string): string;
    read(body: unknown): number | undefined;
  };
  /** The body; fields that are undefined are not sent. */
  encode(request: UpstreamRequest): JsonBody;
  /** `count` finite scores in the order of the texts. Throws an Error, which repeats nothing of it, for anything else. */
  decode(body: unknown, count: number): Float64Array;
}
