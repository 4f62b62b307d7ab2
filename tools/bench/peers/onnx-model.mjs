// SPDX-License-Identifier: Apache-2.0
// A network of one node as an ONNX file: the few fields of onnx.proto that it needs, written as protocol buffers.

/** Of onnx.proto: numbers of fields, by message. */
const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 };
const OPSET = { domain: 1, version: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, opType: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, i: 3, ints: 8, type: 20 };
const VALUE = { name: 1, type: 2 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9 };
const [INT, INTS] = [2, 7]; // types of attributes
const FLOAT = 1; // type of elements

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

const number = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);

/** Text, bytes or a message. */
function block(field, content) {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
}

const message = (field, ...parts) => block(field, Buffer.concat(parts));

function attribute([name, value]) {
  const values = Array.isArray(value)
    ? [...value.map((one) => number(ATTRIBUTE.ints, one)), number(ATTRIBUTE.type, INTS)]
    : [number(ATTRIBUTE.i, value), number(ATTRIBUTE.type, INT)];
  return message(NODE.attribute, block(ATTRIBUTE.name, name), ...values);
}

/** A float32 tensor's name, and its shape where it is known. */
function value(field, name, shape) {
  const lengths = shape?.map((length) => message(1, number(1, length))); // dim { dim_value }
  const type = [number(1, FLOAT), ...(lengths === undefined ? [] : [message(2, ...lengths)])]; // elem_type, shape
  return message(field, block(VALUE.name, name), message(VALUE.type, message(1, ...type)));
}

function constant(name, { shape, values }) {
  const dims = shape.map((length) => number(TENSOR.dims, length));
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const parts = [number(TENSOR.dataType, FLOAT), block(TENSOR.name, name), block(TENSOR.rawData, bytes)];
  return message(GRAPH.initializer, ...dims, ...parts);
}

/**
 * @param node       `type`, `domain` (default: ONNX's own) and `attributes`, whole numbers and lists of them
 * @param inputs     by name, the shapes of what each run is given
 * @param constants  by name, `shape` and `values` of the inputs that come after those and are part of the file
 * @returns the file; its only output is `out`
 */
export function onnxModel({ type, domain = '', attributes = {} }, inputs, constants = {}) {
  const names = [...Object.keys(inputs), ...Object.keys(constants)];
  const node = message(
    GRAPH.node,
    ...names.map((name) => block(NODE.input, name)),
    block(NODE.output, 'out'),
    block(NODE.opType, type),
    ...Object.entries(attributes).map(attribute),
    block(NODE.domain, domain),
  );
  const opset = (name, version) =>
    message(MODEL.opsetImport, block(OPSET.domain, name), number(OPSET.version, version));
  return Buffer.concat([
    number(MODEL.irVersion, 9),
    opset('', 20), // the first with Gelu
    opset('com.microsoft', 1),
    message(
      MODEL.graph,
      node,
      block(GRAPH.name, 'case'),
      ...Object.entries(constants).map(([name, tensor]) => constant(name, tensor)),
      ...Object.entries(inputs).map(([name, shape]) => value(GRAPH.input, name, shape)),
      value(GRAPH.output, 'out'),
    ),
  ]);
}
