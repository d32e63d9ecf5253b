import protobuf from 'protobufjs/light.js';

type Fields = Readonly<Record<string, readonly [id: number, type: string, rule?: 'many']>>;

/**
 * The part of ONNX's messages that a model written here needs. Names and numbers are those of `onnx.proto` (IR version 8),
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto, whose other fields are optional.
 */
const MESSAGES: Readonly<Record<string, Fields>> = {
  ModelProto: {
    irVersion: [1, 'int64'],
    producerName: [2, 'string'],
    graph: [7, 'GraphProto'],
    opsetImport: [8, 'OperatorSetIdProto', 'many'],
    metadataProps: [14, 'StringStringEntryProto', 'many'],
  },
  OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
  GraphProto: {
    node: [1, 'NodeProto', 'many'],
    name: [2, 'string'],
    initializer: [5, 'TensorProto', 'many'],
    input: [11, 'ValueInfoProto', 'many'],
    output: [12, 'ValueInfoProto', 'many'],
  },
  NodeProto: {
    input: [1, 'string', 'many'],
    output: [2, 'string', 'many'],
    name: [3, 'string'],
    opType: [4, 'string'],
    attribute: [5, 'AttributeProto', 'many'],
    domain: [7, 'string'],
  },
  AttributeProto: {
    name: [1, 'string'],
    f: [2, 'float'],
    i: [3, 'int64'],
    s: [4, 'bytes'],
    floats: [7, 'float', 'many'],
    ints: [8, 'int64', 'many'],
    type: [20, 'int32'],
  },
  TensorProto: {
    dims: [1, 'int64', 'many'],
    dataType: [2, 'int32'],
    name: [8, 'string'],
    rawData: [9, 'bytes'],
    externalData: [13, 'StringStringEntryProto', 'many'],
    dataLocation: [14, 'int32'],
  },
  StringStringEntryProto: { key: [1, 'string'], value: [2, 'string'] },
  ValueInfoProto: { name: [1, 'string'], type: [2, 'TypeProto'] },
  TypeProto: { tensorType: [1, 'TensorTypeProto'] },
  TensorTypeProto: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
  TensorShapeProto: { dim: [1, 'DimensionProto', 'many'] },
  DimensionProto: { dimValue: [1, 'int64'], dimParam: [2, 'string'] },
};

const root = new protobuf.Root();
for (const [name, fields] of Object.entries(MESSAGES)) {
  const message = new protobuf.Type(name);
  for (const [field, [id, type, rule]] of Object.entries(fields))
    message.add(new protobuf.Field(field, id, type, rule === 'many' ? 'repeated' : undefined));
  root.add(message);
}
const model = root.lookupType('ModelProto');

/** The bytes of a ModelProto whose fields are named as above. Throws an Error that names a field of a wrong type. */
export function encodeModel(fields: object): Uint8Array {
  const problem = model.verify(fields);
  if (problem !== null) throw new Error(`no ONNX model: ${problem}`);
  // Copied: the writer's own buffer is part of a larger one.
  return Uint8Array.from(model.encode(model.create(fields)).finish());
}
