// SPDX-License-Identifier: Apache-2.0
// ONNX Runtime as a peer; needs the package onnxruntime-node. It only infers: no gradients, no training steps.

import ort from 'onnxruntime-node';

import { fill } from '../inputs.mjs';
import { onnxModel } from './onnx-model.mjs';
import { serve } from './serve.mjs';

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const filled = (shape, seed, scale = 1) => ({ shape, values: fill(sizeOf(shape), seed, { scale }) });

function gemm({ batch, rows, inner, columns, transposeA, transposeB }) {
  const matrix = (seed, height, width, isTransposed) =>
    filled([batch, ...(isTransposed ? [width, height] : [height, width])], seed);
  const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
  return {
    node: { type: 'FusedMatMul', domain: 'com.microsoft', attributes },
    inputs: { a: matrix(1, rows, inner, transposeA), b: matrix(2, inner, columns, transposeB) },
    result: 'product',
  };
}

/** `[batch, rows, columns]` → `[batch, columns, rows]`: moves channels to the front, or back. */
function transposed(values, batch, rows, columns) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < batch; i++) {
    const image = i * rows * columns;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) out[image + c * rows + r] = values[image + r * columns + c];
    }
  }
  return out;
}

/** Activations have their channels first here, which is what ONNX Runtime is made for. */
function conv({ pass, batch, size, outSize, inChannels, outChannels, kernel, stride, padding }) {
  if (pass !== 'forward') return undefined;
  const channelsLast = fill(batch * size ** 2 * inChannels, 1);
  const x = { shape: [batch, inChannels, size, size], values: transposed(channelsLast, batch, size ** 2, inChannels) };
  const attributes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: Array(4).fill(padding) };
  return {
    node: { type: 'Conv', attributes },
    inputs: { x },
    constants: { weight: filled([outChannels, inChannels, kernel, kernel], 2) },
    result: 'out',
    ours: (values) => transposed(values, batch, outChannels, outSize ** 2),
  };
}

function bandwidth({ rows, columns, operation }) {
  const nodes = { softmax: 'Softmax', layerNorm: 'LayerNormalization', gelu: 'Gelu' };
  const type = nodes[operation];
  if (type === undefined) return undefined;
  const constants = operation === 'layerNorm' ? { weight: filled([columns], 2), bias: filled([columns], 3) } : {};
  return { node: { type }, inputs: { x: filled([rows, columns], 1, 4) }, constants, result: 'out' };
}

const FAMILIES = { gemm, conv, bandwidth };

async function prepare(spec) {
  const found = FAMILIES[spec.family]?.(spec);
  if (found === undefined) return undefined;
  const { node, inputs, constants, result, ours = (values) => values } = found;
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape]));
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => [name, new ort.Tensor('float32', values, shape)]),
  );
  const session = await ort.InferenceSession.create(onnxModel(node, shapes, constants), {
    intraOpNumThreads: spec.threads,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: '0' } } }, // idle threads sleep, as every peer's do
  });
  return {
    run: () => session.run(feeds),
    results: async () => ({ [result]: ours((await session.run(feeds)).out.data) }),
    release: () => session.release(),
  };
}

await serve(`ONNX Runtime ${ort.env.versions.node}`, prepare);
