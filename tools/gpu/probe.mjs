// SPDX-License-Identifier: Apache-2.0
// A first look at device cuda: which GPU, which cuBLAS, which kernels it lacks, and whether small networks in every precision
// compute on it what is computed on cpu, and products and convolutions on tensor cores what is known, with cuBLAS and without.
// `probe.mjs small` leaves out the largest of these, for tools under which all takes a hundred times as long.

import {
  conv2d,
  dispose,
  fill,
  getDevice,
  kernelTable,
  listDevices,
  matMul,
  nativeMemory,
  scope,
  setActivationStorage,
  setDevice,
  setMatmulPrecision,
  sum,
  valueAndGrad,
} from '@nabla/core';
import { AdamW } from '@nabla/optimizers';

import { MODELS, fillParameters } from '../bench/cases/models.mjs';

const mostTerms = process.argv[2] === 'small' ? 2 ** 28 : Infinity;

for (const { device, description, hint } of listDevices())
  console.log(`${device.padEnd(5)} ${description}${hint ? `. ${hint}` : ''}`);
const lacking = kernelTable().filter(({ cpu, cuda }) => cpu === 'native' && cuda !== 'native');
console.log(`native on cpu but not on cuda: ${lacking.map(({ kernel }) => kernel).join(', ')}`);

const NETWORKS = {
  fnn: { model: 'fnn', batch: 7, inputs: 10, hidden: 33, outputs: 3 },
  cnn: { model: 'cnn', batch: 5, size: 12, classes: 10 },
  lstm: { model: 'lstm', batch: 3, time: 9, vocabulary: 20, inputs: 10, hidden: 17 },
  gru: { model: 'gru', batch: 3, time: 9, vocabulary: 20, inputs: 10, hidden: 17 },
  attention: { model: 'mha', batch: 2, time: 33, width: 24, heads: 3 },
  transformer: { model: 'gpt', vocabulary: 65, batch: 3, time: 33, layers: 2, heads: 2, width: 40 },
  'transformer with heads of 32': { model: 'gpt', vocabulary: 65, batch: 2, time: 130, layers: 2, heads: 2, width: 64 },
  'transformer with a head of 68': {
    model: 'gpt',
    vocabulary: 65,
    batch: 2,
    time: 130,
    layers: 1,
    heads: 1,
    width: 68,
  },
};

/** The losses of a few steps, from the same start. */
function losses(spec, device) {
  setDevice(device);
  const { model, data, loss } = MODELS[spec.model](spec);
  fillParameters(model);
  const optimizer = new AdamW(model.parameters(), { learningRate: 3e-4 });
  const values = Array.from({ length: 4 }, () => scope(() => optimizer.step(loss).dataSync()[0]));
  dispose([...model.parameters(), optimizer, ...data]);
  return values;
}

/** Products in this precision; with bf16 activations, too. */
function setPrecision(precision) {
  setMatmulPrecision(precision);
  setActivationStorage(precision === 'bf16' ? 'bfloat16' : 'float32');
}

for (const [name, spec] of Object.entries(NETWORKS)) {
  const onCpu = losses(spec, 'cpu');
  for (const [precision, limit] of [
    ['float32', 1e-4],
    ['tf32', 3e-3],
    ['bf16', 0.02],
  ]) {
    setDevice('cuda');
    setPrecision(precision);
    const onCuda = losses(spec, 'cuda');
    setPrecision('float32');
    const furthest = Math.max(...onCpu.map((loss, i) => Math.abs(loss - onCuda[i]) / Math.abs(loss)));
    const text = onCuda.map((loss) => loss.toFixed(6)).join(' ');
    const mark = furthest < limit ? '✓' : '✗';
    console.log(`${mark} ${name} in ${precision}: losses ${text}, apart from cpu by ${furthest.toExponential(1)}`);
    if (!(furthest < limit)) process.exitCode = 1;
  }
}
// Rows, inner and columns: small tiles, large ones, wide ones, and k in parts; rows that are aligned and others.
const PRODUCTS = [
  [100, 40, 72],
  [101, 41, 73],
  [1600, 32, 1704],
  [1601, 33, 1703],
  [2100, 1056, 2700],
  [2051, 33, 2053],
  [17, 2100, 33],
];
for (const precision of ['tf32', 'bf16']) {
  setMatmulPrecision(precision);
  for (const [m, k, n] of PRODUCTS.filter((sizes) => sizes.reduce((a, b) => a * b) < mostTerms)) {
    for (const [transposeA, transposeB] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ]) {
      const values = scope(() => {
        const [a, b] = [fill(transposeA ? [k, m] : [m, k], 0.5), fill(transposeB ? [n, k] : [k, n], 0.5)];
        return matMul(a, b, transposeA, transposeB).dataSync();
      });
      if (values.every((value) => value === k / 4)) continue;
      console.log(`✗ product in ${precision}: ${m} x ${k} x ${n}, transposed ${transposeA} ${transposeB}`);
      process.exitCode = 1;
    }
  }
}
// Kernels of 3 x 3 with padding over square images: small tiles, stride, groups, and large tiles of all three products.
const CONVOLUTIONS = [
  { batch: 2, size: 13, ins: 16, outs: 24, groups: 1, stride: 1 },
  { batch: 2, size: 13, ins: 16, outs: 24, groups: 1, stride: 2 },
  { batch: 2, size: 12, ins: 32, outs: 48, groups: 2, stride: 1 },
  { batch: 2, size: 12, ins: 32, outs: 48, groups: 2, stride: 2 },
  { batch: 10, size: 48, ins: 72, outs: 72, groups: 1, stride: 1 },
];

/** Along one axis, how many terms each element of the output, of the input and of the kernel meets. */
function countTerms(size, stride) {
  const count = Math.ceil(size / stride);
  const terms = { out: Array(count).fill(0), x: Array(size).fill(0), weight: [0, 0, 0] };
  for (let o = 0; o < count; o++) {
    for (let k = 0; k < 3; k++) {
      const i = o * stride - 1 + k;
      if (i < 0 || i >= size) continue;
      terms.out[o]++;
      terms.x[i]++;
      terms.weight[k]++;
    }
  }
  return terms;
}

/** Whether each number is `each` times the terms along both axes, behind which there are so many channels. */
function areTerms(values, terms, channels, each) {
  const at = (i) => terms[Math.floor(i) % terms.length];
  return values.every((value, i) => value === each * at(i / channels) * at(i / channels / terms.length));
}

for (const precision of ['tf32', 'bf16']) {
  setMatmulPrecision(precision);
  for (const convolution of CONVOLUTIONS) {
    const { batch, size, ins, outs, groups, stride } = convolution;
    if (9 * batch * size ** 2 * ins * outs > mostTerms) continue;
    const [out, gradX, gradWeight] = scope(() => {
      const [x, weight] = [fill([batch, size, size, ins], 0.5), fill([outs, ins / groups, 3, 3], 0.5)];
      const convolve = () => conv2d(x, weight, undefined, { padding: 1, groups, stride });
      return [convolve(), ...valueAndGrad(() => sum(convolve()), [x, weight]).gradients].map((each) => each.dataSync());
    });
    const terms = countTerms(size, stride);
    const wrong = [
      ['output', areTerms(out, terms.out, outs, ins / groups / 4)],
      ['gradient of the input', areTerms(gradX, terms.x, ins, outs / groups / 2)],
      ['gradient of the weight', areTerms(gradWeight, terms.weight, 1, batch / 2)],
    ].filter(([, isRight]) => !isRight);
    for (const [result] of wrong) {
      console.log(`✗ ${result} of a convolution in ${precision}: ${JSON.stringify(convolution)}`);
      process.exitCode = 1;
    }
  }
}
setMatmulPrecision('float32');
console.log(`memory of ${getDevice()}: ${JSON.stringify(nativeMemory())}`);
