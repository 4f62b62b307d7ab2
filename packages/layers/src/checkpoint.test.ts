// SPDX-License-Identifier: Apache-2.0
// Tests of layers inside of gradient checkpointing: those that draw, and those that change their own state.

import { Generator, type Tensor, checkpoint, square, sum, valueAndGrad } from '@nabla/core';
import { devices, randomTensor, useDevice } from '@nabla/testing';

import { TransformerEncoderLayer } from './attention/transformer-encoder-layer.ts';
import { Linear } from './linear.ts';
import type { Layer } from './module.ts';
import { BatchNorm1d } from './norm/batch-norm.ts';
import { spectralNorm } from './norm/spectral-norm.ts';

const values = (tensor: Tensor): number[] => [...(tensor.dataSync() as Float32Array)];

/** Loss, gradients and state after two steps with the same seed, each through the layer as it is or checkpointed. */
function train(make: (generator: Generator) => Layer, x: Tensor, wrapped: boolean): Record<string, number[]> {
  const layer = make(new Generator(3));
  const found: Record<string, number[]> = {};
  for (const step of [0, 1]) {
    const output = (): Tensor => (wrapped ? checkpoint((y) => layer.forward(y), [x]) : layer.forward(x));
    const { value, gradients } = valueAndGrad(() => sum(square(output())), layer.parameters());
    [value, ...gradients].forEach((tensor, i) => (found[`${step}: ${i}`] = values(tensor)));
  }
  for (const [name, tensor] of layer.namedState()) found[name] = values(tensor);
  layer.dispose();
  return found;
}

describe.each(devices())('inside of checkpoint on %s', (device) => {
  useDevice(device);

  it.each<[string, (generator: Generator) => Layer, number[]]>([
    [
      'dropout drops the same',
      (generator) => new TransformerEncoderLayer(6, 2, { generator, dropout: 0.3 }),
      [2, 5, 6],
    ],
    ['batch normalization moves its statistics once', () => new BatchNorm1d(6), [5, 6]],
    ['and counts a batch once', () => new BatchNorm1d(6, { momentum: null }), [5, 6]],
    [
      'spectral normalization iterates once',
      (generator) => spectralNorm(new Linear(6, 4, { generator }), { generator }),
      [5, 6],
    ],
  ])('%s', (_, make, shape) => {
    const x = randomTensor(shape, { seed: 1 });
    expect(train(make, x, true)).toEqual(train(make, x, false));
  });
});
