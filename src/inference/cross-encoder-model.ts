import type { Graph } from './graph.js';
import { readOutput } from './graph-output.js';
import type { InputFailure, LoadedModel, ModelFacts, ModelInput } from './loaded-model.js';
import { sharePairRoom, windowReach, windowStarts } from './pair-windows.js';
import { runRows, toFailure } from './run-rows.js';
import type { TextTokenizer } from './text-tokenizer.js';
import { countSpecials, fillSlots, type TokenRow, type TokenSlot } from './token-slots.js';

export interface CrossEncoderParts {
  readonly facts: ModelFacts;
  readonly graph: Graph;
  readonly tokenizer: TextTokenizer;
  readonly slots: readonly TokenSlot[];
  /** The output's name, and how many logits it has a row. */
  readonly logits: string;
  readonly classes: number;
  /** Most windows a text is read in. */
  readonly windows: number;
  /** 0: every row alone. */
  readonly batchTokens: number;
}

/** A cross-encoder: a raw score for each query and text, that of the text's best window. */
export class CrossEncoderModel implements LoadedModel {
  readonly facts: ModelFacts;
  /** Tokens of query and text in a row. */
  private readonly room: number;

  constructor(private readonly parts: CrossEncoderParts) {
    this.facts = parts.facts;
    this.room = parts.facts.maxLength - countSpecials(parts.slots);
  }

  async run(inputs: readonly ModelInput[]): Promise<(Float32Array | InputFailure)[]> {
    const queries = new Map<string, number[]>();
    const read = inputs.map((input) => this.read(input, queries));
    const rows = read.flatMap((each) => ('failure' in each ? [] : each));
    const scores = await runRows(rows, (batch) => this.runBatch(batch), this.parts.batchTokens);
    let next = 0;
    return read.map((each) => {
      if ('failure' in each) return each;
      const windows = scores.slice(next, next + each.length);
      next += each.length;
      return best(windows);
    });
  }

  close(): Promise<void> {
    return this.parts.graph.close();
  }

  /** The pair's rows, one a window. `queries` remembers the tokens of those met in this run. */
  private read({ query = '', text }: ModelInput, queries: Map<string, number[]>): TokenRow[] | InputFailure {
    const { tokenizer, slots, windows } = this.parts;
    try {
      const queryIds = queries.get(query) ?? tokenizer.ids(query, this.room);
      queries.set(query, queryIds);
      const textIds = tokenizer.ids(text, windowReach(this.room, windows));
      const room = sharePairRoom(this.room, queryIds.length, textIds.length);
      const asked = queryIds.slice(0, room.query);
      return windowStarts(textIds.length, room.text, windows).map((start) =>
        fillSlots(slots, asked, textIds.slice(start, start + room.text)),
      );
    } catch (error) {
      return toFailure(error);
    }
  }

  /** The logit of a single class; of two classes how much the second's is higher, which is the logit of its probability. */
  private async runBatch(rows: readonly TokenRow[]): Promise<Float32Array[]> {
    const { graph, logits, classes } = this.parts;
    const outputs = await graph.run(rows, [logits]);
    const dims = outputs[logits]!.dims.length === 1 ? [rows.length] : [rows.length, classes];
    const { data } = readOutput(outputs, logits, dims);
    return rows.map((_, index) =>
      Float32Array.of(classes === 2 ? data[2 * index + 1]! - data[2 * index]! : data[index]!),
    );
  }
}

/** The highest score; a window that failed fails the pair, for the answer might have stood there. */
function best(windows: readonly (Float32Array | InputFailure)[]): Float32Array | InputFailure {
  const failed = windows.find((window): window is InputFailure => 'failure' in window);
  return failed ?? Float32Array.of(Math.max(...windows.map((window) => (window as Float32Array)[0]!)));
}
