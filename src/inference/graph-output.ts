import type { Tensor } from 'onnxruntime-node';
import { type FloatTensor, toFloats } from './float-tensor.js';

/** Outputs by name; 'probe' is what the graph gave for two rows of `length` tokens when it was tried. */
export type Probe = Readonly<Record<string, Tensor>>;

/** What an encoder's graph gives: vectors of tokens [batch, length, dimension], or of texts [batch, dimension]. */
export interface VectorOutput {
  readonly name: string;
  readonly of: 'tokens' | 'texts';
  readonly dimension: number;
}

/** Names of the usual exporters, the likeliest first. */
const TOKEN_OUTPUTS = ['token_embeddings', 'last_hidden_state'];
const TEXT_OUTPUTS = ['sentence_embedding', 'sentence_embeddings', 'text_embeds', 'embeddings'];
/** Two-dimensional, but no text's vector. */
const OTHER_OUTPUTS = ['logits', 'pooler_output'];

/**
 * Which output of an encoder is used: vectors of tokens where the graph gives them, else of texts; `wanted` 'texts' asks for
 * the latter. Throws an Error that says what the graph gives where that is not clear.
 */
export function findVectors(
  probe: Probe,
  rows: number,
  length: number,
  wanted?: 'tokens' | 'texts',
): VectorOutput {
  const floats = Object.entries(probe).filter(([, tensor]) => toFloats(tensor) !== undefined);
  const find = (of: 'tokens' | 'texts', known: readonly string[]): VectorOutput | undefined => {
    const shape = of === 'tokens' ? [rows, length] : [rows];
    const fitting = floats.filter(
      ([name, { dims }]) =>
        dims.length === shape.length + 1 &&
        shape.every((size, axis) => dims[axis] === size) &&
        !OTHER_OUTPUTS.includes(name),
    );
    const named = known.flatMap((name) => fitting.filter(([each]) => each === name));
    const [name, tensor] = named[0] ?? (fitting.length === 1 ? fitting[0]! : []);
    return name === undefined ? undefined : { name, of, dimension: tensor!.dims.at(-1)! };
  };
  const tokens = wanted === 'texts' ? undefined : find('tokens', TOKEN_OUTPUTS);
  const found = tokens ?? (wanted === 'tokens' ? undefined : find('texts', TEXT_OUTPUTS));
  if (found === undefined || found.dimension < 1)
    throw new Error(`it gives no vectors of ${wanted ?? 'tokens or texts'} but ${describe(probe)}`);
  return found;
}

/** Which output of a cross-encoder holds its logits, one or two a row. Throws an Error likewise. */
export function findLogits(probe: Probe, rows: number): string {
  const fits = ({ dims }: Tensor) => dims[0] === rows && dims.length <= 2 && (dims[1] ?? 1) <= 2;
  const names = Object.keys(probe);
  const name = names.includes('logits') ? 'logits' : names.length === 1 ? names[0]! : undefined;
  const tensor = name === undefined ? undefined : probe[name]!;
  if (tensor === undefined || toFloats(tensor) === undefined || !fits(tensor))
    throw new Error(`it gives no logits of one or two classes but ${describe(probe)}`);
  return name!;
}

/** The output as floats. Throws an Error where it has not the shape that was found when the model was loaded. */
export function readOutput(outputs: Probe, name: string, shape: readonly number[]): FloatTensor {
  const tensor = outputs[name];
  const floats = tensor === undefined ? undefined : toFloats(tensor);
  if (floats === undefined || floats.dims.join() !== shape.join())
    throw new Error(
      `the graph gave ${name} of the shape ${tensor?.dims.join(' × ')}, not ${shape.join(' × ')}`,
    );
  return floats;
}

function describe(probe: Probe): string {
  return Object.entries(probe)
    .map(([name, { type, dims }]) => `${name} (${type}, ${dims.join(' × ')})`)
    .join(', ');
}
