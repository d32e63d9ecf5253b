import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { exportError } from '../models/export-files.js';
import type { TokenRow } from './token-slots.js';

// Its errors are thrown too, and told by whoever catches them.
env.logLevel = 'fatal';

/** What a graph of a text model may ask for. */
const KNOWN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];

export interface GraphOptions {
  readonly folder: string;
  /** From the folder. */
  readonly file: string;
  /** Of one run. */
  readonly threads: number;
  /** Id that fills up shorter rows. */
  readonly padding: number;
  /** Position of the first token. */
  readonly firstPosition: number;
}

/** An ONNX graph that reads rows of tokens. */
export class Graph {
  private closed = false;

  private constructor(
    private readonly session: InferenceSession,
    private readonly options: GraphOptions,
  ) {}

  /**
   * Loads it. Throws an `exportError` where the file or its external data are missing or damaged, where onnxruntime does
   * not know an operation, or where it asks for inputs that a text model has not.
   */
  static async open(options: GraphOptions): Promise<Graph> {
    const { folder, file, threads } = options;
    let session: InferenceSession;
    try {
      session = await InferenceSession.create(`${folder}/${file}`, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
        enableCpuMemArena: true,
        logSeverityLevel: 4,
      });
    } catch (cause) {
      throw exportError(folder, file, (cause as Error).message, cause);
    }
    const problem = findProblem(session);
    if (problem !== undefined) {
      await session.release();
      throw exportError(folder, file, problem);
    }
    return new Graph(session, options);
  }

  get inputs(): readonly string[] {
    return this.session.inputNames;
  }

  get outputs(): readonly string[] {
    return this.session.outputNames;
  }

  /**
   * Runs rows together, shorter ones filled up to the longest; gives the outputs asked for. Holds the thread while it runs.
   * Rejects where the graph breaks, with the runtime's message, and once it is closed.
   */
  async run(
    rows: readonly TokenRow[],
    outputs: readonly string[],
  ): Promise<Readonly<Record<string, Tensor>>> {
    if (this.closed) throw new Error('the model is closed');
    const length = Math.max(...rows.map(({ ids }) => ids.length));
    const { padding, firstPosition } = this.options;
    const fill = (valueAt: (row: TokenRow, place: number) => number) => {
      const values = new BigInt64Array(rows.length * length);
      rows.forEach((row, index) => {
        for (let place = 0; place < length; place++)
          values[index * length + place] = BigInt(valueAt(row, place));
      });
      return new Tensor('int64', values, [rows.length, length]);
    };
    const make: Readonly<Record<string, () => Tensor>> = {
      input_ids: () => fill((row, place) => row.ids[place] ?? padding),
      attention_mask: () => fill((row, place) => (place < row.ids.length ? 1 : 0)),
      token_type_ids: () => fill((row, place) => row.types[place] ?? 0),
      position_ids: () => fill((row, place) => (place < row.ids.length ? place + firstPosition : 0)),
    };
    const feeds = Object.fromEntries(this.inputs.map((name) => [name, make[name]!()]));
    return (await this.session.run(feeds, outputs)) as Record<string, Tensor>;
  }

  /** May be called again. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.session.release();
  }
}

/** Why a graph cannot be run on rows of tokens, or undefined. */
function findProblem(session: InferenceSession): string | undefined {
  const { inputNames, inputMetadata } = session;
  const others = inputNames.filter((name) => !KNOWN_INPUTS.includes(name));
  if (others.length > 0)
    return `it asks for ${others.join(', ')}; only ${KNOWN_INPUTS.join(', ')} can be given`;
  if (!inputNames.includes('input_ids')) return 'it does not ask for input_ids: it is no text model';
  for (const input of inputMetadata) {
    const type = input.isTensor ? input.type : 'no tensor';
    if (type !== 'int64') return `its ${input.name} is ${type}, not int64`;
    const shape = input.isTensor ? input.shape : [];
    if (shape.some((size) => typeof size === 'number'))
      return `its ${input.name} has the fixed shape ${shape.join(' × ')}: export it with any batch size and length`;
  }
  return undefined;
}
