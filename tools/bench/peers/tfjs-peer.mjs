// SPDX-License-Identifier: Apache-2.0
// A backend of tfjs as a peer: node tfjs-peer.mjs cpu | wasm. The latter needs the package @tensorflow/tfjs-backend-wasm.

import * as tf from '@tensorflow/tfjs-core';

import { fill } from '../inputs.mjs';
import { serve } from './serve.mjs';

const [, , backend] = process.argv;

const filled = (shape, seed) => tf.tensor(fill(tf.util.sizeFromShape(shape), seed), shape);

function gemm({ batch, rows, inner, columns, transposeA, transposeB }) {
  const matrix = (seed, height, width, isTransposed) =>
    filled([batch, ...(isTransposed ? [width, height] : [height, width])], seed);
  const a = matrix(1, rows, inner, transposeA);
  const b = matrix(2, inner, columns, transposeB);
  return { run: () => ({ product: tf.matMul(a, b, transposeA, transposeB) }), kept: [a, b] };
}

/** Filters lie in memory as [height, width, in, out] here; ours are PyTorch's. */
function conv({ pass, batch, size, outSize, inChannels, outChannels, kernel, stride, padding }) {
  const image = [batch, size, size, inChannels];
  const x = filled(image, 1);
  const gradOut = filled([batch, outSize, outSize, outChannels], 3);
  const weight = tf.tidy(() => tf.transpose(filled([outChannels, inChannels, kernel, kernel], 2), [2, 3, 1, 0]));
  const windows = { strides: stride, pad: padding, dataFormat: 'NHWC' };
  const runKernel = (name, inputs, more) => () => tf.engine().runKernel(name, inputs, { ...windows, ...more });
  const passes = {
    forward: ['Conv2D', { x, filter: weight }, { dilations: 1 }, (out) => ({ out })],
    byData: ['Conv2DBackpropInput', { dy: gradOut, filter: weight }, { inputShape: image }, (gradX) => ({ gradX })],
    byWeight: [
      'Conv2DBackpropFilter',
      { x, dy: gradOut },
      { filterShape: weight.shape },
      (out) => ({ gradWeight: tf.transpose(out, [3, 2, 0, 1]) }),
    ],
  };
  const [kernelName, inputs, more, results] = passes[pass];
  if (tf.getKernel(kernelName, backend) === undefined) return undefined;
  const run = runKernel(kernelName, inputs, more);
  return { run, results: () => results(run()), kept: [x, gradOut, weight] };
}

const FAMILIES = { gemm, conv };

async function prepare(spec) {
  const found = spec.threads === 1 ? FAMILIES[spec.family]?.(spec) : undefined;
  if (found === undefined) return undefined;
  const { run, results = run, kept } = found;
  return {
    run: () => tf.tidy(() => void run()),
    results: () =>
      tf.tidy(() => Object.fromEntries(Object.entries(results()).map(([name, tensor]) => [name, tensor.dataSync()]))),
    release: () => tf.dispose(kept),
  };
}

const { version_cpu, version_wasm, setThreadsCount } = await import(`@tensorflow/tfjs-backend-${backend}`);
setThreadsCount?.(1); // it fixes their number when it starts
await tf.setBackend(backend);
await serve(`tfjs-backend-${backend} ${version_cpu ?? version_wasm}`, prepare);
