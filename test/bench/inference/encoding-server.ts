import { seededRandom } from '../../../src/base/random.js';
import { BodyMaker, readVocabulary, type Shape } from '../bodies.js';
import { Subject } from '../subject.js';

/** As text retrieval has them: a paragraph each. */
export const DOCUMENT_CHARACTERS = 1000;

/** A real server whose scorer is the model's cosine. */
export function startEncodingServer(model: string): Promise<Subject> {
  return Subject.start({
    SCORER: 'embedding',
    EMBEDDING_BACKEND: 'onnx',
    EMBEDDING_MODEL: model,
    MAX_DOCUMENTS: '200',
    INFERENCE_TIMEOUT_MS: '60000',
  });
}

/** Bodies of requests whose documents nobody has sent before. */
export class NewBodies {
  private readonly bodies: BodyMaker;
  private readonly shape: Shape;

  constructor(seed: number, documents: number) {
    this.bodies = new BodyMaker(readVocabulary(), seededRandom(seed));
    this.shape = { name: `${documents} documents`, documents, characters: DOCUMENT_CHARACTERS };
  }

  next(): string {
    return this.bodies.query(this.shape) + this.bodies.documents(this.shape);
  }
}

/** What is known of an answer. */
export interface Answer {
  readonly status: number;
  /** Whether the lexical order stood in for the model's. */
  readonly isDegraded: boolean;
  readonly ms: number;
}

/** Sends one request for ranking. Rejects if it is not answered within `timeoutMs`. */
export async function ask(port: number, namespace: string, body: string, timeoutMs: number): Promise<Answer> {
  const startedAt = performance.now();
  const response = await fetch(`http://127.0.0.1:${port}/rerank`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-neuralcache-namespace': namespace },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  });
  const { meta } = (await response.json()) as { meta?: { degraded: boolean } };
  return { status: response.status, isDegraded: meta?.degraded === true, ms: performance.now() - startedAt };
}
