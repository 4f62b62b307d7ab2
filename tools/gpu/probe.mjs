// SPDX-License-Identifier: Apache-2.0
// A first look at device cuda: which GPU, which cuBLAS, which kernels it lacks, and whether a small network computes on it what it
// computes on cpu, with cuBLAS and without.

import { dispose, getDevice, kernelTable, listDevices, nativeMemory, scope, setDevice } from '@nabla/core';
import { AdamW } from '@nabla/optimizers';

import { MODELS, fillParameters } from '../bench/cases/models.mjs';

for (const { device, description, hint } of listDevices())
  console.log(`${device.padEnd(5)} ${description}${hint ? `. ${hint}` : ''}`);
const lacking = kernelTable().filter(({ cpu, cuda }) => cpu === 'native' && cuda !== 'native');
console.log(`native on cpu but not on cuda: ${lacking.map(({ kernel }) => kernel).join(', ')}`);

const spec = { model: 'gpt', vocabulary: 65, batch: 3, time: 33, layers: 2, heads: 2, width: 40 };

/** The losses of a few steps, from the same start. */
function losses(device) {
  setDevice(device);
  const { model, data, loss } = MODELS.gpt(spec);
  fillParameters(model);
  const optimizer = new AdamW(model.parameters(), { learningRate: 3e-4 });
  const values = Array.from({ length: 4 }, () => scope(() => optimizer.step(loss).dataSync()[0]));
  dispose([...model.parameters(), optimizer, ...data]);
  return values;
}

const [onCpu, onCuda] = [losses('cpu'), losses('cuda')];
console.log(`losses on cpu   ${onCpu.map((loss) => loss.toFixed(6)).join(' ')}`);
console.log(`losses on ${getDevice().padEnd(5)} ${onCuda.map((loss) => loss.toFixed(6)).join(' ')}`);
console.log(`memory of cuda: ${JSON.stringify(nativeMemory())}`);
const furthest = Math.max(...onCpu.map((loss, i) => Math.abs(loss - onCuda[i])));
console.log(`${furthest < 1e-3 ? '✓' : '✗'} furthest apart ${furthest.toExponential(1)}`);
process.exitCode = furthest < 1e-3 ? 0 : 1;
