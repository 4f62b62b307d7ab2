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

function conv({ pass, batch, size, inChannels, outChannels, kernel, stride, padding }) {
  if (pass !== 'forward') return undefined;
  const x = tf.tensor4d(fill(batch * size * size * inChannels, 1), [batch, size, size, inChannels]);
  const filters = [outChannels, inChannels, kernel, kernel];
  const weight = tf.tidy(() => {
    const values = fill(outChannels * inChannels * kernel * kernel, 2);
    return tf.transpose(tf.tensor4d(values, filters), [2, 3, 1, 0]);
  });
  return { run: () => ({ out: tf.conv2d(x, weight, stride, padding) }), kept: [x, weight] };
}

const FAMILIES = { gemm, conv };

function prepare(spec) {
  const ready = FAMILIES[spec.family]?.(spec);
  if (ready === undefined) return {};
  const check = tf.tidy(() => {
    const results = Object.entries(ready.run());
    return Object.fromEntries(results.map(([name, tensor]) => [name, fingerprint(tensor.dataSync())]));
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
