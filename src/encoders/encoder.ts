import type { ModelCall } from '../base/model-call.js';
import type { Patience } from '../base/patience.js';
import { allEnded, handled } from '../base/rejections.js';

/** How texts are meant: a model may have been trained with another prompt for each. */
export type TextRole = 'query' | 'document';

export interface EncodeCall extends ModelCall {
  readonly role: TextRole;
}

/** A call of somebody whose patience may end; its signal is made if the encoder reads it. */
export class PatientCall implements EncodeCall {
  constructor(
    readonly namespace: string,
    readonly role: TextRole,
    private readonly patience: Patience | undefined,
  ) {}

  get signal(): AbortSignal | undefined {
    return this.patience?.();
  }
}

/**
 * What turns texts into vectors (a bi-encoder). Drivers: `static`, `hash`, `onnx`, `openai`.
 *
 * Promises: equal texts of one role give equal vectors for one `name` and `version`; calls may overlap; a failed call
 * leaves nothing behind; after `close` calls reject.
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
   * the caller's to keep. Local drivers yield to the event loop at least every 10 ms. Rejects with `ModelError` where the
   * model cannot be asked now, once nothing of it goes on.
   */
  encode(texts: readonly string[], call: EncodeCall): Promise<Float32Array[]>;
  /**
   * The same, each text by itself: what is done is had even where the rest fails. Rejections are handled already, so a
   * caller may look at some only. For drivers that take a while; absent = `encode` is fast.
   */
  encodeEach?(texts: readonly string[], call: EncodeCall): readonly Promise<Float32Array>[];
  close(): Promise<void>;
}

/** Whether an encoder takes a while: its vectors are worth keeping where those of others are quickly made anew. */
export function isSlow({ encodeEach }: Encoder): boolean {
  return encodeEach !== undefined;
}

/** What `encodeEach` of any encoder gives: with one that has none, all texts fail together. */
export function encodeEach(
  encoder: Encoder,
  texts: readonly string[],
  call: EncodeCall,
): readonly Promise<Float32Array>[] {
  if (texts.length === 0) return [];
  if (encoder.encodeEach !== undefined) return encoder.encodeEach(texts, call);
  const all = encoder.encode(texts, call);
  return texts.map((_, index) => handled(all.then((vectors) => vectors[index]!)));
}

/**
 * Has texts encoded and hands over each vector once it is had, with its place: also those of a call that fails, where the
 * encoder gives them one by one. Rejects as `allEnded` does. Of a fast encoder all texts cost one promise.
 */
export async function encodeInto(
  encoder: Encoder,
  texts: readonly string[],
  call: EncodeCall,
  keep: (vector: Float32Array, place: number) => void,
): Promise<void> {
  if (encoder.encodeEach === undefined) (await encoder.encode(texts, call)).forEach(keep);
  else
    await allEnded(encoder.encodeEach(texts, call).map(async (vector, place) => keep(await vector, place)));
}
