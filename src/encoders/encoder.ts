/**
 * What turns texts into vectors (a bi-encoder). Drivers: `static`, `hash`; later `onnx`, `openai`.
 *
 * Promises: equal texts give equal vectors for one `name` and `version`; calls may overlap; a failed call leaves nothing
 * behind; after `close` calls reject.
 */
export interface Encoder {
  /** Name of the model, for example `static-minilm-192`. Stored beside every vector that is kept. */
  readonly name: string;
  /** Changes whenever the vectors may change. Vectors of another name or version are never compared. */
  readonly version: string;
  /** Length of every vector. */
  readonly dimension: number;
  /** Cosine from which two queries count as neighbours (adaptive memory); absent when nobody measured it. */
  readonly tau?: number;
  /**
   * One vector per text, in order, of unit length; the zero vector for a text with nothing the model knows. Vectors are
   * the caller's to keep. Local drivers yield to the event loop at least every 10 ms.
   */
  encode(texts: readonly string[]): Promise<Float32Array[]>;
  close(): Promise<void>;
}
