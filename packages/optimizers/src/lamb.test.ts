// SPDX-License-Identifier: Apache-2.0
// Tests of what LAMB and Adafactor do with lengths of zero; all else is in the suite of all optimizers.

import { type Variable, tensor1d, variable, zeros } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { Adafactor } from './adafactor.ts';
import { LAMB } from './lamb.ts';

const vector = (...values: number[]): Variable => {
  using initial = tensor1d(values);
  return variable(initial);
};

describe.each(devices())('LAMB on %s', (device) => {
  useDevice(device);

  it('takes a step of its own length from a parameter of length 0, and none without a direction', () => {
    using zero = vector(0, 0);
    using still = vector(3, 4);
    const optimizer = new LAMB([zero, still], { learningRate: 0.1, weightDecay: 0, epsilon: 0.25 });
    optimizer.applyGradients([tensor1d([1, -0.25]), zeros([2])]);
    expect(zero).toBeCloseToTensor([-0.08, 0.05], tolerance('transcendental')); // 0.1 g / (|g| + 0.25)
    expect(still).toBeCloseToTensor([3, 4], tolerance('exact'));
    optimizer.dispose();
  });
});

describe.each(devices())('Adafactor on %s', (device) => {
  useDevice(device);

  it('stands still where a matrix or vector has no gradient, and moves from 0 by the least size', () => {
    using initial = zeros([2, 3]);
    using matrix = variable(initial);
    using vectorAtZero = vector(0, 0);
    const optimizer = new Adafactor([matrix, vectorAtZero]);
    optimizer.applyGradients([zeros([2, 3]), zeros([2])]);
    expect(matrix).toBeCloseToTensor(initial, tolerance('exact'));
    optimizer.applyGradients([zeros([2, 3]), tensor1d([2, 0])]);
    const direction = 2 ** 0.4; // g / sqrt(V), of which V has 2^-0.8 of g²
    const clipped = direction / Math.max(1, direction / Math.SQRT2);
    expect(vectorAtZero).toBeCloseToTensor([-1e-5 * clipped, 0], tolerance('transcendental'));
    optimizer.dispose();
  });
});
