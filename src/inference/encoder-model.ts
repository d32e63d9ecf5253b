import type { Graph } from './graph.js';
import { readOutput, type VectorOutput } from './graph-output.js';
import type { InputFailure, LoadedModel, ModelFacts, ModelInput, Pooling } from './loaded-model.js';
import { poolTokens, toUnitLength } from './pool-tokens.js';
import { runRows, toFailure } from './run-rows.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { countSpecials, fillSlots, type TokenRow, type TokenSlot } from './token-slots.js';

export interface EncoderParts {
  readonly facts: ModelFacts;
  readonly graph: Graph;
  readonly tokenizer: TextTokenizer;
  readonly slots: readonly TokenSlot[];
  readonly output: VectorOutput;
  readonly pooling: Pooling;
  readonly normalise: boolean;
  /** 0: every text alone. */
  readonly batchTokens: number;
}

/** A bi-encoder: a vector for each text. */
export class EncoderModel implements LoadedModel {
  readonly facts: ModelFacts;
  /** Tokens of a text that are read. */
  private readonly room: number;

  constructor(private readonly parts: EncoderParts) {
    this.facts = parts.facts;
    this.room = parts.facts.maxLength - countSpecials(parts.slots);
  }

  /** A text with nothing to read in it (white space, what the tokenizer drops) has the zero vector and runs nothing. */
  async run(inputs: readonly ModelInput[]): Promise<(Float32Array | InputFailure)[]> {
    const read = inputs.map(({ text }) => this.read(text));
    const rows = read.filter((each): each is TokenRow => 'ids' in each);
    const vectors = await runRows(rows, (batch) => this.runBatch(batch), this.parts.batchTokens);
    let next = 0;
    return read.map((each) => ('ids' in each ? vectors[next++]! : each));
  }

  close(): Promise<void> {
    return this.parts.graph.close();
  }

  private read(text: string): TokenRow | Float32Array | InputFailure {
    const nothing = () => new Float32Array(this.facts.dimension);
    // Some tokenizers have tokens for white space.
    if (text.trim() === '') return nothing();
    try {
      const ids = this.parts.tokenizer.ids(text, this.room);
      return ids.length === 0 ? nothing() : fillSlots(this.parts.slots, ids);
    } catch (error) {
      return toFailure(error);
    }
  }

  private async runBatch(rows: readonly TokenRow[]): Promise<Float32Array[]> {
    const { graph, output, pooling, normalise } = this.parts;
    const { dimension } = output;
    const outputs = await graph.run(rows, [output.name]);
    const length = Math.max(...rows.map(({ ids }) => ids.length));
    const shape = output.of === 'tokens' ? [rows.length, length, dimension] : [rows.length, dimension];
    const { data } = readOutput(outputs, output.name, shape);
    const stride = output.of === 'tokens' ? length * dimension : dimension;
    return rows.map(({ ids }, index) => {
      const start = index * stride;
      const vector =
        pooling === 'none'
          ? data.slice(start, start + dimension)
          : poolTokens(data.subarray(start, start + ids.length * dimension), dimension, pooling);
      return normalise ? toUnitLength(vector) : vector;
    });
  }
}
