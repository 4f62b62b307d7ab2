// SPDX-License-Identifier: Apache-2.0
// Spectral normalization against PyTorch, and what it does to a layer.

import { Generator, type Tensor, clone, matMul, memory, mul, ones, scope, square, sqrt, sum } from '@nabla/core';
import { checkTrainingSteps, devices, fromRecord, golden, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { Conv1d, Conv2d } from '../conv/conv.ts';
import { ConvTranspose1d } from '../conv/conv-transpose.ts';
import { Linear } from '../linear.ts';
import type { Layer } from '../module.ts';
import { removeSpectralNorm, spectralNorm } from './spectral-norm.ts';
import { weightNorm } from './weight-norm.ts';

const generator = new Generator(1);
const MAKE: Readonly<Record<string, (a: number, b: number, kernel: number) => Layer>> = {
  Linear: (inputs, outputs) => new Linear(inputs, outputs, { generator }),
  Conv1d: (inputs, outputs, kernel) => new Conv1d(inputs, outputs, kernel, { generator }),
  Conv2d: (inputs, outputs, kernel) => new Conv2d(inputs, outputs, kernel, { generator }),
  ConvTranspose1d: (inputs, outputs, kernel) => new ConvTranspose1d(inputs, outputs, kernel, { generator }),
};

describe.each(devices())('spectralNorm on %s', (device) => {
  useDevice(device);

  it.each(golden('spectral_norm').cases)('trains as in PyTorch: $name', (recorded) => {
    const { layer: kind, sizes, ...options } = recorded.options;
    const [inputs, outputs, kernel = 0] = sizes;
    const made = MAKE[kind]?.(inputs, outputs, kernel);
    const layer = spectralNorm(made, { ...options, generator });
    expect(Object.keys(layer.stateDict())).toEqual(Object.keys(recorded.state));
    scope(() => layer.loadStateDict(fromRecord(recorded.state)));
    checkTrainingSteps(layer, recorded);
    layer.dispose();
  });

  it('comes to a largest singular value of 1', () => {
    const layer = spectralNorm(new Linear(6, 4, { generator }), { generator, iterations: 100 });
    layer.forward(ones([1, 6]));
    // The longest image of a vector: by a power iteration of its own.
    const stretch = scope(() => {
      let x: Tensor = randomTensor([6, 1], { seed: 3 });
      for (let step = 0; step < 200; step++) {
        const y = matMul(layer.weight, matMul(layer.weight, x), true);
        x = mul(y, 1 / lengthOf(y));
      }
      return lengthOf(matMul(layer.weight, x));
    });
    expect(stretch).toBeCloseTo(1, 4);
    layer.dispose();
  });

  it('moves its vectors at a forward in training, and nowhere else', () => {
    const layer = spectralNorm(new Linear(6, 4, { generator }), { generator });
    const vector = (): number[] => [...(layer.stateDict()['weight_u']?.dataSync<'float32'>() ?? [])];
    const start = vector();
    clone(layer.weight);
    layer.eval().forward(ones([1, 6]));
    expect(vector()).toEqual(start);
    layer.train().forward(ones([1, 6]));
    expect(vector()).not.toEqual(start);
    layer.dispose();
  });

  it('starts at vectors of length 1 that the generator draws', () => {
    const state = (seed: number): Record<string, number[]> => {
      const layer = spectralNorm(new Linear(6, 4, { generator: new Generator(1) }), { generator: new Generator(seed) });
      const { weight_u: u, weight_v: v } = layer.stateDict();
      const values = { u: [...(u?.dataSync() ?? [])], v: [...(v?.dataSync() ?? [])] };
      layer.dispose();
      return values;
    };
    for (const values of Object.values(state(5))) expect(Math.hypot(...values)).toBeCloseTo(1, 5);
    expect(state(5)).toEqual(state(5));
    expect(state(5)).not.toEqual(state(6));
  });

  it('is undone: the parameter starts at its normalized value, and nothing else is left', () => {
    const layer = spectralNorm(new Linear(6, 4, { generator }), { generator });
    const weight = clone(layer.weight);
    const { tensors } = memory();
    expect(removeSpectralNorm(layer)).toBe(layer);
    expect(memory().tensors).toBe(tensors - 2);
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight']);
    expect(layer.weight).toBeCloseToTensor(weight, tolerance('exact'));
    expect(Object.hasOwn(layer, 'forward')).toBe(false);
    layer.dispose();
  });

  it('refuses what does not fit, and leaves the layer alone then', () => {
    const layer = new Linear(6, 4, { generator });
    expect(() => spectralNorm(layer, { generator, name: 'wight' })).toThrowCode('ARGUMENT', /"wight".*weight/);
    expect(() => spectralNorm(layer, { generator, iterations: 0 })).toThrowCode('ARGUMENT', /iterations/);
    expect(() => spectralNorm(layer, { generator, epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
    expect(() => spectralNorm(layer, { generator, axis: -3 })).toThrowCode('ARGUMENT', /axis/);
    expect(() => spectralNorm(layer, { generator, power: 2 } as never)).toThrowCode('OPTION');
    expect(() => removeSpectralNorm(layer)).toThrowCode('ARGUMENT', /spectralNorm/);
    expect(Object.keys(layer.stateDict())).toEqual(['weight', 'bias']);
    weightNorm(layer);
    expect(() => removeSpectralNorm(layer)).toThrowCode('ARGUMENT', /spectralNorm/);
    layer.dispose();
  });
});

function lengthOf(x: Tensor): number {
  return sqrt(sum(square(x))).dataSync()[0] ?? NaN;
}
