// SPDX-License-Identifier: Apache-2.0
// Activations stored as bf16 on device cuda: every kernel against itself in float32, which results are stored so, and a training.

import {
  Draw,
  type KernelRun,
  type RunTensor,
  describeOnCuda,
  devices,
  isBf16,
  kernelSweep,
  randomTensor,
  roundToBf16,
  tolerance,
  useDevice,
  withActivations,
} from '@nabla/testing';

import { valueAndGrad } from './autodiff.ts';
import { getActivationStorage, nativeMemory, setActivationStorage, setDevice } from './device.ts';
import { DeviceError } from './errors.ts';
import { scope } from './memory.ts';
import { embedding } from './ops/embedding.ts';
import { layerNorm } from './ops/layer-norm.ts';
import { linear } from './ops/linear.ts';
import { runKernel } from './ops/run.ts';
import { softmaxCrossEntropy } from './ops/softmax-cross-entropy.ts';
import { storeAsBfloat16 } from './ops/store-as-bfloat16.ts';
import { cudaSearch } from './backend/load-addon.ts';
import { type Tensor, add, matMul, ones, reshape, sum, tensor, tensor1d, transpose, variable, zeros } from './tf.ts';

/** Runs with activations in bf16. */
const stored = <T>(run: () => T): T => withActivations('bfloat16', run);

/** Bytes that a result takes. */
function bytesOf(make: () => Tensor): number {
  const before = nativeMemory()?.bytes ?? 0;
  const result = make();
  const bytes = (nativeMemory()?.bytes ?? 0) - before;
  result.dispose();
  return bytes;
}

/** What a kernel gives for inputs that are rounded to bf16, and are stored so or as float32. */
function outputs(run: KernelRun, isStored: boolean): Tensor[] {
  const made = new Map<RunTensor, Tensor>();
  const make = (input: RunTensor): Tensor => {
    const found = made.get(input);
    if (found !== undefined) return found;
    const x = tensor(input.values, [...input.shape], input.dtype);
    const rounded = input.dtype === 'float32' ? roundToBf16(x) : x;
    if (input.dtype === 'float32' && isStored) storeAsBfloat16(rounded);
    made.set(input, rounded);
    return rounded;
  };
  const { inputs } = run;
  const all = Array.isArray(inputs)
    ? (inputs as RunTensor[]).map(make)
    : Object.fromEntries(Object.entries(inputs as Record<string, RunTensor>).map(([name, x]) => [name, make(x)]));
  const results = runKernel(run.kernelName, all, run.attributes);
  return results.filter((_, i) => run.unspecified?.includes(i) !== true);
}

/** Kernels whose bf16 results are rounded more than once, or computed from numbers that are rounded on the way. */
const ROUNDED_OFTEN = /^(matmul|conv|attention|self_attention|add_n)/;

/** Kernels whose float32 results are computed from such numbers too. */
const ROUNDED_WITHIN = /^recurrent/;

/** By how much of itself rounding to bf16 changes a number at most. */
const HALF_A_STEP = 2 ** -8;

function* faults(name: string): Iterable<string> {
  const search = cudaSearch().addon?.description.find((kernel) => kernel.name === name);
  const sweep = kernelSweep(
    name,
    (search?.arguments ?? []).map((argument) => argument.name),
  );
  for (const n of [0, 1, 7, 40]) {
    for (const run of sweep?.runs(n, new Draw('ordinary', n + 1)) ?? []) {
      const [expected, received] = [outputs(run, false), stored(() => outputs(run, true))];
      const { absolute, relative } = sweep?.tolerance(n) ?? tolerance('exact');
      for (const [i, result] of received.entries()) {
        const [actual, exact] = [result, expected[i]].map((x) => x.dataSync());
        const scale = Math.max(1, ...Array.from(exact, Math.abs));
        const isStored = result.dtype === 'float32' && isBf16(result);
        const isFar = ROUNDED_WITHIN.test(name) || (isStored && ROUNDED_OFTEN.test(name));
        const at = actual.findIndex((x, k) => {
          if (Object.is(x, exact[k])) return false;
          const rounding = isFar ? scale * 2 ** -6 : isStored ? Math.abs(exact[k]) * HALF_A_STEP : 0;
          return !(Math.abs(x - exact[k]) <= absolute + relative * Math.abs(exact[k]) + rounding);
        });
        if (at >= 0)
          yield `${run.kernelName}, n = ${n}, result ${i} at ${at}: received ${actual[at]}, in float32 ${exact[at]}`;
      }
    }
  }
}

function onCuda(): void {
  useDevice('cuda');

  const kernels = cudaSearch().addon?.description.map(({ name }) => name) ?? [];
  it.each(kernels)('%s gives its float32 result, or that rounded', (name) => {
    expect(scope(() => [...faults(name)])).toEqual([]);
  });

  it('halve what products, and what is made of them, take', () => {
    const [x, weight] = [randomTensor([8, 16], { seed: 1 }), randomTensor([32, 16], { seed: 2 })];
    expect(bytesOf(() => linear(x, weight))).toBe(8 * 32 * 4);
    stored(() => {
      expect(bytesOf(() => linear(x, weight))).toBe(8 * 32 * 2);
      const indices = tensor1d([0, 5], 'int32');
      expect(bytesOf(() => embedding(weight, indices))).toBe(2 * 16 * 2);
      const hidden = linear(x, weight);
      expect(bytesOf(() => add(hidden, hidden))).toBe(8 * 32 * 2);
      expect(bytesOf(() => transpose(hidden))).toBe(8 * 32 * 2);
      expect(bytesOf(() => reshape(hidden, [32, 8]))).toBe(0);
    });
  });

  it('leave float32 what is no activation: sums, what parameters make with them, gradients of parameters', () => {
    const [x, weight] = [randomTensor([8, 16], { seed: 1 }), variable(randomTensor([32, 16], { seed: 2 }))];
    stored(() => {
      const hidden = linear(x, weight);
      expect(bytesOf(() => sum(hidden, 0))).toBe(32 * 4);
      expect(bytesOf(() => add(weight, weight))).toBe(32 * 16 * 4);
      expect(bytesOf(() => matMul(hidden, hidden, true))).toBe(32 * 32 * 4); // as a weight's gradient is made
    });
    weight.dispose();
  });

  it('train what float32 trains, nearly', () => {
    const tokens = tensor1d([3, 1, 4, 1, 5, 9, 2, 6], 'int32');
    const labels = tensor1d([1, 4, 1, 5, 9, 2, 6, 5], 'int32');
    const train = (): number[] => {
      const [table, weight] = [randomTensor([10, 24], { seed: 3 }), randomTensor([24, 24], { seed: 4 })].map((x) =>
        variable(x.mul(0.3)),
      );
      const [gain, shift] = [variable(ones([24])), variable(zeros([24]))];
      const parameters = [table, weight, gain, shift];
      const losses = Array.from({ length: 12 }, () =>
        scope(() => {
          const { value, gradients } = valueAndGrad(() => {
            const x = embedding(table, tokens);
            const hidden = add(x, linear(layerNorm(x, gain, shift), weight, undefined, { activation: 'gelu' }));
            return softmaxCrossEntropy(linear(hidden, table), labels);
          }, parameters);
          for (const [i, parameter] of parameters.entries()) parameter.assign(parameter.sub(gradients[i].mul(0.05)));
          return value.dataSync()[0];
        }),
      );
      for (const parameter of parameters) parameter.dispose();
      return losses;
    };
    const [exact, rounded] = [train(), stored(train)];
    expect(rounded[0]).not.toBe(exact[0]);
    expect(exact[11]).toBeLessThan(exact[0] / 2);
    expect(tensor1d(rounded)).toBeCloseToTensor(tensor1d(exact), { absolute: 0.03, relative: 0.02 });
  });

  it('hold their values where they are read, written to, or moved', () => {
    const [x, weight] = [randomTensor([8, 16], { seed: 1 }), randomTensor([32, 16], { seed: 2 })];
    const hidden = stored(() => linear(x, weight));
    const exact = linear(roundToBf16(x), roundToBf16(weight));
    expect(hidden).toBeCloseToTensor(roundToBf16(exact), { absolute: 2 ** -8, relative: 2 ** -8 });
    const target = variable(zeros([8, 32]));
    target.assign(hidden);
    expect(target).toBeCloseToTensor(hidden, tolerance('exact'));
    target.dispose();
  });
}

describeOnCuda('activations in bf16', onCuda);

describe.each(['cpu', 'js'] as const)('the storage of activations on device %s', (device) => {
  it('is float32, and nothing else', () => {
    if (device === 'cpu' && !devices().some((name) => name.startsWith('cpu'))) return;
    setDevice(device);
    try {
      setActivationStorage('float32');
      expect(getActivationStorage()).toBe('float32');
      expect(() => setActivationStorage('bfloat16')).toThrow(DeviceError);
      expect(() => setActivationStorage('bfloat16')).toThrow(`device ${device} stores activations as float32`);
    } finally {
      setDevice('auto');
    }
  });
});
