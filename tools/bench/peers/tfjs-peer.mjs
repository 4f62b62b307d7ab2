// SPDX-License-Identifier: Apache-2.0
// A backend of tfjs as a peer: node tfjs-peer.mjs cpu | wasm. The latter needs the package @tensorflow/tfjs-backend-wasm.

import { createInterface } from 'node:readline';

import * as tf from '@tensorflow/tfjs-core';

import { fill, fingerprint } from '../inputs.mjs';

const [, , backend] = process.argv;

function gemm({ batch, rows, inner, columns, transposeA, transposeB }) {
  const matrix = (seed, height, width, isTransposed) =>
    tf.tensor3d(fill(batch * height * width, seed), [batch, ...(isTransposed ? [width, height] : [height, width])]);
  const a = matrix(1, rows, inner, transposeA);
  const b = matrix(2, inner, columns, transposeB);
  return { run: () => ({ product: tf.matMul(a, b, transposeA, transposeB) }), kept: [a, b] };
}

/** Filters lie in memory as [height, width, in, out] here; ours are PyTorch's. */
function conv({ pass, batch, size, outSize, inChannels, outChannels, kernel, stride, padding }) {
  const image = [batch, size, size, inChannels];
  const [x, gradOut] = [
    [image, 1],
    [[batch, outSize, outSize, outChannels], 3],
  ].map(([shape, seed]) => tf.tensor4d(fill(tf.util.sizeFromShape(shape), seed), shape));
  const weight = tf.tidy(() => {
    const filters = [outChannels, inChannels, kernel, kernel];
    return tf.transpose(tf.tensor4d(fill(tf.util.sizeFromShape(filters), 2), filters), [2, 3, 1, 0]);
  });
  const windows = { strides: stride, pad: padding, dataFormat: 'NHWC' };
  const runKernel = (name, inputs, more) => tf.engine().runKernel(name, inputs, { ...windows, ...more });
  const byData = () => runKernel('Conv2DBackpropInput', { dy: gradOut, filter: weight }, { inputShape: image });
  const byWeight = () => runKernel('Conv2DBackpropFilter', { x, dy: gradOut }, { filterShape: weight.shape });
  const passes = {
    forward: { run: () => ({ out: tf.conv2d(x, weight, stride, padding) }) },
    byData: { run: () => ({ gradX: byData() }) },
    byWeight: { run: byWeight, results: () => ({ gradWeight: tf.transpose(byWeight(), [3, 2, 0, 1]) }) },
  };
  return { ...passes[pass], kept: [x, gradOut, weight] };
}

const FAMILIES = { gemm, conv };

function prepare(spec) {
  const ready = FAMILIES[spec.family]?.(spec);
  if (ready === undefined) return {};
  const check = tf.tidy(() => {
    const { run, results = run } = ready;
    return Object.fromEntries(
      Object.entries(results()).map(([name, tensor]) => [name, fingerprint(tensor.dataSync())]),
    );
  });
  return { ready, answer: { check } };
}

function secondsOf(run, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) tf.tidy(() => void run());
  return (performance.now() - start) / 1e3;
}

const say = (answer) => console.log(JSON.stringify(answer));

const { version_cpu, version_wasm, setThreadsCount } = await import(`@tensorflow/tfjs-backend-${backend}`);
setThreadsCount?.(1); // it fixes their number when it starts
await tf.setBackend(backend);
say({ version: `tfjs-backend-${backend} ${version_cpu ?? version_wasm}` });
let ready;
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.do === 'time') {
    say({ seconds: secondsOf(ready.run, request.count) });
    continue;
  }
  for (const tensor of ready?.kept ?? []) tensor.dispose();
  const prepared = prepare(request);
  ready = prepared.ready;
  say(prepared.answer ?? {});
}
