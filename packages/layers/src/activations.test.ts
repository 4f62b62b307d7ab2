// SPDX-License-Identifier: Apache-2.0
// Tests of the activation layers: known values, extremes and options.

import { tensor1d, tensor2d, zeros } from '@nabla/core';
import { checkGradient, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { GELU, ReLU, SiLU, Sigmoid, Softmax, Tanh } from './activations.ts';
import type { Layer } from './module.ts';

const known: readonly (readonly [Layer, readonly number[]])[] = [
  [new ReLU(), [0, 0, 2]],
  [new GELU(), [-0.15865525, 0, 1.9544997]],
  [new GELU({ approximate: 'tanh' }), [-0.15880801, 0, 1.9545977]],
  [new Tanh(), [-0.76159416, 0, 0.96402758]],
  [new Sigmoid(), [0.26894142, 0.5, 0.88079708]],
  [new SiLU(), [-0.26894142, 0, 1.7615942]],
  [new Softmax(), [0.04201007, 0.1141952, 0.84379473]],
];

describe.each(devices())('activations on %s', (device) => {
  useDevice(device);

  it.each(known.map(([layer, expected]) => [layer.constructor.name, layer, expected] as const))(
    '%s of -1, 0 and 2',
    (_, layer, expected) => {
      expect(layer.forward(tensor1d([-1, 0, 2]))).toBeCloseToTensor(expected, tolerance('transcendental'));
    },
  );

  it.each(known.map(([layer]) => [layer.constructor.name, layer] as const))('%s is finite at ±1000', (_, layer) => {
    const values = [...layer.forward(tensor1d([-1000, 1000])).dataSync()];
    expect(values.every((value) => Number.isFinite(value))).toBe(true);
  });

  it('SiLU has the gradient of its formula', () => {
    checkGradient((x) => new SiLU().forward(x), [[3, 5]], { seed: 1 });
  });

  it('have no parameters', () => {
    expect(known.flatMap(([layer]) => layer.parameters())).toEqual([]);
  });
});

describe.each(devices())('Softmax on %s', (device) => {
  useDevice(device);
  const x = (): ReturnType<typeof tensor2d> => tensor2d([[0, 0], [0, Math.log(3)]]); // prettier-ignore

  it('normalizes the last axis by default, or the given one', () => {
    const limit = tolerance('transcendental');
    expect(new Softmax().forward(x())).toBeCloseToTensor([[0.5, 0.5], [0.25, 0.75]], limit); // prettier-ignore
    expect(new Softmax({ axis: 1 }).forward(x())).toBeCloseToTensor([[0.5, 0.5], [0.25, 0.75]], limit); // prettier-ignore
    expect(new Softmax({ axis: 0 }).forward(x())).toBeCloseToTensor([[0.5, 0.25], [0.5, 0.75]], limit); // prettier-ignore
    expect(new Softmax({ axis: -2 }).forward(x())).toBeCloseToTensor([[0.5, 0.25], [0.5, 0.75]], limit); // prettier-ignore
  });

  it('sums to 1 along a middle axis', () => {
    const values = [...new Softmax({ axis: 1 }).forward(randomTensor([2, 3, 2], { seed: 1 })).dataSync()];
    for (const first of [0, 1, 6, 7]) expect(values[first] + values[first + 2] + values[first + 4]).toBeCloseTo(1, 5);
  });

  it('refuses an axis that the input does not have', () => {
    expect(() => new Softmax({ axis: 2 }).forward(zeros([2, 2]))).toThrowCode('AXIS', /axis/);
    expect(() => new Softmax({ axis: -3 }).forward(zeros([2, 2]))).toThrowCode('AXIS', /axis/);
  });
});

describe('options of activations', () => {
  it('are refused when unknown or of another kind', () => {
    const [gelu, softmax] = [{ approximation: 'tanh' }, { dim: 0 }] as object[];
    expect(() => new GELU(gelu)).toThrowCode('OPTION', /approximate/);
    expect(() => new GELU({ approximate: 'tan' as 'tanh' })).toThrowCode('ARGUMENT', /Did you mean "tanh"/);
    expect(() => new Softmax(softmax)).toThrowCode('OPTION', /axis/);
    expect(() => new Softmax({ axis: 0.5 })).toThrowCode('ARGUMENT', /axis/);
  });
});
