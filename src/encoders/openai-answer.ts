/** An answer that cannot be what was asked for; the message holds none of it. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}

/**
 * The vectors of an OpenAI-shaped answer, by `index`, as unit vectors, all of one length; a vector of zeros stays one.
 * Takes numbers and base64 of little-endian 32-bit floats. Throws `AnswerError` where one is missing, given twice or
 * too many, or no vector of finite numbers.
 */
export function readVectors(answer: unknown, count: number): Float32Array[] {
  const { data } = (answer ?? {}) as { data?: unknown };
  if (!Array.isArray(data)) throw new AnswerError('the answer has no list of vectors');
  if (data.length !== count) throw new AnswerError(`${data.length} vectors for ${count} texts`);
  const vectors: Float32Array[] = [];
  for (const [position, entry] of data.entries()) {
    const { index = position, embedding } = (entry ?? {}) as { index?: unknown; embedding?: unknown };
    if (typeof index !== 'number' || !(index in data)) throw new AnswerError('a vector of no text');
    if (vectors[index] !== undefined) throw new AnswerError('two vectors of one text');
    vectors[index] = unitVector(numbersOf(embedding));
  }
  if (vectors.some((vector) => vector.length !== vectors[0]!.length))
    throw new AnswerError('vectors of several lengths');
  return vectors;
}

function numbersOf(embedding: unknown): ArrayLike<unknown> {
  if (Array.isArray(embedding)) return embedding;
  if (typeof embedding === 'string') return floatsOf(embedding);
  throw new AnswerError('a vector that is none');
}

function floatsOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  // Characters that are no base64 are passed over, and missed in the length.
  const characters = base64.length - (base64.endsWith('==') ? 2 : Number(base64.endsWith('=')));
  if (bytes.length !== Math.floor((characters * 3) / 4) || bytes.length % 4 !== 0)
    throw new AnswerError('a vector that is not base64 of floats');
  const floats = new Float32Array(bytes.length / 4);
  for (let index = 0; index < floats.length; index++) floats[index] = bytes.readFloatLE(index * 4);
  return floats;
}

function unitVector(numbers: ArrayLike<unknown>): Float32Array {
  let squares = 0;
  for (let index = 0; index < numbers.length; index++) {
    const value = numbers[index];
    if (typeof value !== 'number') throw new AnswerError('a vector with something else than numbers');
    squares += value * value;
  }
  const length = Math.sqrt(squares);
  if (numbers.length === 0 || !Number.isFinite(length)) {
    throw new AnswerError('a vector without numbers, or with some that are not finite');
  }
  const scale = length === 0 ? 0 : 1 / length;
  const vector = new Float32Array(numbers.length);
  for (let index = 0; index < vector.length; index++) vector[index] = (numbers[index] as number) * scale;
  return vector;
}
