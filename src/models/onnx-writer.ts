import { encodeModel } from './onnx-messages.js';

/** Element types that can be written, with ONNX's number of each. float16 is held as its bits. */
const ELEMENT_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type OnnxType = keyof typeof ELEMENT_TYPES;

/** Values of a tensor: the class says the element type, Uint16Array being float16. */
export type OnnxData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array | Uint16Array;

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly text: string };

/** One operation. */
export interface OnnxNode {
  /** For example `Gather`. */
  readonly operator: string;
  /** Default: ONNX's own. */
  readonly domain?: string;
  /** Names of values; '' leaves an optional one out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output of the graph. A name instead of a size: any, the same wherever it stands. */
export interface OnnxValue {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

/** A constant. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: OnnxData;
  /** Whether its bytes go into the external data; needs `externalFile`. */
  readonly external?: boolean;
}

export interface OnnxModel {
  /** In an order in which each finds its inputs computed. */
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly initializers: readonly OnnxTensor[];
  /** Version of ONNX's operators. */
  readonly opset: number;
  /** Versions of other domains' operators. */
  readonly otherOpsets?: Readonly<Record<string, number>>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Name of the file beside the model that external tensors are in, for example `model.onnx_data`. */
  readonly externalFile?: string;
}

export interface OnnxFiles {
  /** The `.onnx` file. */
  readonly model: Uint8Array;
  /** The external tensors, each from a multiple of 4096 on so that it can be mapped; absent where there are none. */
  readonly externalData?: Uint8Array;
  /** Where each external tensor begins, bytes. */
  readonly offsets: Readonly<Record<string, number>>;
}

/** Old enough for every runtime of today, new enough for opset 18. */
const IR_VERSION = 8;
const EXTERNAL_ALIGNMENT = 4096;
const LOCATION_EXTERNAL = 1;

/**
 * Writes an ONNX model; equal models give equal bytes. Does not check the graph: onnxruntime does when it loads it.
 * Throws an Error that names a tensor whose shape is not that of its data, or that is external to nowhere.
 */
export function writeOnnxModel(model: OnnxModel): OnnxFiles {
  const external = new ExternalData(model.externalFile);
  const opsets = { '': model.opset, ...model.otherOpsets };
  const encoded = encodeModel({
    irVersion: IR_VERSION,
    producerName: 'neuralcache',
    opsetImport: Object.entries(opsets).map(([domain, version]) => ({ domain, version })),
    metadataProps: entries(model.metadata ?? {}),
    graph: {
      name: 'graph',
      node: model.nodes.map(toNode),
      initializer: model.initializers.map((tensor) => toTensor(tensor, external)),
      input: model.inputs.map(toValue),
      output: model.outputs.map(toValue),
    },
  });
  const externalData = external.bytes();
  return {
    model: encoded,
    offsets: external.offsets,
    ...(externalData === undefined ? {} : { externalData }),
  };
}

/** Collects the bytes of external tensors. */
class ExternalData {
  readonly offsets: Record<string, number> = {};
  private readonly parts: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  private length = 0;

  constructor(private readonly file: string | undefined) {}

  /** Adds a tensor; the entries that say where it is. */
  add(name: string, bytes: Uint8Array): { key: string; value: string }[] {
    if (this.file === undefined) throw new Error(`tensor ${name} is external, but no file is named`);
    const at = Math.ceil(this.length / EXTERNAL_ALIGNMENT) * EXTERNAL_ALIGNMENT;
    this.parts.push({ at, bytes });
    this.length = at + bytes.length;
    this.offsets[name] = at;
    return entries({ location: this.file, offset: String(at), length: String(bytes.length) });
  }

  bytes(): Uint8Array | undefined {
    if (this.parts.length === 0) return undefined;
    const all = new Uint8Array(this.length);
    for (const { at, bytes } of this.parts) all.set(bytes, at);
    return all;
  }
}

function entries(record: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(record).map(([key, value]) => ({ key, value }));
}

function toNode(node: OnnxNode, place: number): object {
  return {
    input: node.inputs,
    output: node.outputs,
    name: `${node.operator}_${place}`,
    opType: node.operator,
    attribute: Object.entries(node.attributes ?? {}).map(([name, value]) => toAttribute(name, value)),
    ...(node.domain === undefined ? {} : { domain: node.domain }),
  };
}

/** With ONNX's number of the attribute's type. */
function toAttribute(name: string, value: OnnxAttribute): object {
  if ('float' in value) return { name, type: 1, f: value.float };
  if ('int' in value) return { name, type: 2, i: value.int };
  if ('text' in value) return { name, type: 3, s: new TextEncoder().encode(value.text) };
  if ('floats' in value) return { name, type: 6, floats: value.floats };
  return { name, type: 7, ints: value.ints };
}

function toTensor({ name, shape, data, external }: OnnxTensor, externalData: ExternalData): object {
  if (shape.reduce((product, size) => product * size, 1) !== data.length)
    throw new Error(`tensor ${name} has ${data.length} values, not those of the shape ${shape.join(' × ')}`);
  // ONNX is little-endian, as are all processors that onnxruntime runs on.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const head = { name, dims: shape, dataType: ELEMENT_TYPES[elementType(data)] };
  return external === true
    ? { ...head, dataLocation: LOCATION_EXTERNAL, externalData: externalData.add(name, bytes) }
    : { ...head, rawData: bytes };
}

function elementType(data: OnnxData): OnnxType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  return 'float16';
}

function toValue({ name, type, shape }: OnnxValue): object {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[type], shape: { dim } } } };
}
