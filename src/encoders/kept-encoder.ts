import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import { ModelError } from '../base/model-call.js';
import { Pace } from '../base/pace.js';
import { PatientReads } from '../base/patient-reads.js';
import { allEnded, handled } from '../base/rejections.js';
import { type EncodeCall, type Encoder, encodeEach } from './encoder.js';

/** What of a cache store is needed here. */
export interface VectorKeeper {
  getMany(namespace: string, keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  put(namespace: string, entries: readonly { readonly key: string; readonly value: Uint8Array }[]): void;
}

export interface KeptEncoderOptions {
  /** A slow one, with `encodeEach`; closed with this one. */
  readonly encoder: Encoder;
  /** Lent. */
  readonly store: VectorKeeper;
  /** Longest that a request waits for the store, milliseconds (250). */
  readonly waitMs?: number;
  /** Texts that were looked up for a namespace: found, and not. */
  readonly onLookedUp?: (namespace: string, hits: number, misses: number) => void;
}

/** What keys of vectors begin with; the model's own part follows, then the text's. */
export const VECTOR_PREFIX = 'vector/';

/**
 * An encoder that keeps its vectors, by namespace, model, version, role and text, and asks for those it has not. A store
 * that is slow costs `waitMs` once and is passed over until it answers again; one that fails costs the time it takes to
 * fail.
 */
export function createKeptEncoder(options: KeptEncoderOptions): Encoder {
  return new KeptEncoder(options);
}

class KeptEncoder implements Encoder {
  readonly name: string;
  readonly version: string;
  readonly dimension: number;
  readonly tau?: number;
  private readonly prefix: string;
  private readonly reads: PatientReads;
  private isClosed = false;

  constructor(private readonly options: KeptEncoderOptions) {
    const { name, version, dimension, tau } = options.encoder;
    this.name = name;
    this.version = version;
    this.dimension = dimension;
    if (tau !== undefined) this.tau = tau;
    this.reads = new PatientReads(options.waitMs ?? 250);
    this.prefix = `${VECTOR_PREFIX}${hashOf(name, version, endianness()).slice(0, 16)}/`;
  }

  encode(texts: readonly string[], call: EncodeCall): Promise<Float32Array[]> {
    return allEnded(this.encodeEach(texts, call));
  }

  encodeEach(texts: readonly string[], call: EncodeCall): readonly Promise<Float32Array>[] {
    const vectors = this.vectorsOf(texts, call);
    return texts.map((_, index) => {
      return handled(vectors.then((all) => all[index]!));
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.options.encoder.close();
  }

  /** A vector, or the wait for one, for each text. */
  private async vectorsOf(
    texts: readonly string[],
    call: EncodeCall,
  ): Promise<(Float32Array | Promise<Float32Array>)[]> {
    this.assertWanted(call);
    const keys = await this.keysOf(texts, call);
    const kept = await this.lookUp(keys, call);
    this.assertWanted(call);
    const missing = [...texts.keys()].filter((index) => kept[index] === undefined);
    this.options.onLookedUp?.(call.namespace, texts.length - missing.length, missing.length);
    const encoded = this.encodeAnew(
      missing.map((index) => texts[index]!),
      missing.map((index) => keys[index]!),
      call,
    );
    let next = 0;
    // Wrapped, so that waiting for this list does not wait for the vectors in it.
    return kept.map((vector) => vector ?? encoded[next++]!);
  }

  private encodeAnew(texts: readonly string[], keys: readonly string[], call: EncodeCall) {
    const { encoder } = this.options;
    return encodeEach(encoder, texts, call).map((vector, index) =>
      handled(vector.then((numbers) => this.keep(call, keys[index]!, numbers))),
    );
  }

  /**
   * Copied by the store before the caller has it. Not once the caller has left: the namespace may be gone since, and must
   * not come back.
   */
  private keep({ namespace, signal }: EncodeCall, key: string, vector: Float32Array): Float32Array {
    if (signal?.aborted) return vector;
    const value = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
    try {
      this.options.store.put(namespace, [{ key, value }]);
    } catch {
      // It is closed: a vector that is not kept is made again.
    }
    return vector;
  }

  private async keysOf(texts: readonly string[], { role }: EncodeCall): Promise<string[]> {
    const pace = new Pace();
    const keys: string[] = [];
    for (const text of texts) {
      if (pace.due()) await pace.rest();
      keys.push(this.prefix + hashOf(role, text));
    }
    return keys;
  }

  private async lookUp(
    keys: readonly string[],
    { namespace, signal }: EncodeCall,
  ): Promise<(Float32Array | undefined)[]> {
    if (keys.length === 0) return [];
    const found = await this.reads.read(() => this.options.store.getMany(namespace, keys), signal);
    return keys.map((_, index) => this.vectorOf(found?.[index]));
  }

  /** Undefined where the bytes are no vector of this model. */
  private vectorOf(bytes: Uint8Array | undefined): Float32Array | undefined {
    if (bytes?.byteLength !== this.dimension * Float32Array.BYTES_PER_ELEMENT) return undefined;
    return new Float32Array(Uint8Array.from(bytes).buffer);
  }

  private assertWanted({ signal }: EncodeCall): void {
    if (this.isClosed) throw new ModelError('closed', `encoder ${this.name} is closed`);
    if (signal?.aborted) throw new ModelError('late', 'the caller has left');
  }
}

/** SHA-256 of the parts, each with its length, in base64url; of UTF-16 units, so that no two texts are the same. */
function hashOf(...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part, 'utf16le');
  return hash.digest('base64url');
}
