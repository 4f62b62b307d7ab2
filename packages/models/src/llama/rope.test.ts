// SPDX-License-Identifier: Apache-2.0
// Tests of how positions turn: the frequencies of every type, where they are configured, and what is refused.

import { type Tensor, tensor2d, tensor4d } from '@nabla/core';
import { RotaryEmbedding } from '@nabla/layers';
import { checkGradient, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { llamaSchema } from './config.ts';
import { ropeFrequencies, ropeOf } from './rope.ts';
import { type Rotation, rotate, rotationOf } from './rotation.ts';

const longrope = { rope_type: 'longrope', short_factor: [1, 2], long_factor: [1, 2, 3] };
const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
} as const;
const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32 } as const;
const wideYarn = { ...yarn, original_max_position_embeddings: 2048, beta_fast: 16, beta_slow: 2 };

// Recorded from modeling_rope_utils.py of transformers 5.17.0 under PyTorch 1.13.1: heads of 16, 64 positions.
// prettier-ignore
const RECORDED: [string, object, number, number, number[]][] = [
  ['default', {}, 40, 1, [1, 0.316227764, 0.100000001, 0.0316227786, 0.00999999978, 0.00316227786, 0.00100000005, 0.000316227786]],
  ['linear', { rope_scaling: { type: 'linear', factor: 2.5 } }, 40, 1,
    [0.400000006, 0.1264911, 0.0399999991, 0.0126491114, 0.00399999972, 0.00126491114, 0.000400000019, 0.000126491112]],
  ['dynamic, short', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, 40, 1,
    [1, 0.316227764, 0.100000001, 0.0316227786, 0.00999999978, 0.00316227786, 0.00100000005, 0.000316227786]],
  ['dynamic, long', { rope_scaling: { rope_type: 'dynamic', factor: 2 } }, 100, 1,
    [1, 0.283945143, 0.0806248412, 0.0228930302, 0.00650036521, 0.001845747, 0.000524090894, 0.000148813066]],
  ['llama3', { rope_parameters: { ...llama3, rope_theta: 500000 } }, 40, 1,
    [1, 0.193922758, 0.0376060307, 0.00729266508, 0.000524846022, 3.42810235e-5, 6.64786967e-6, 1.28917316e-6]],
  ['yarn', { rope_parameters: yarn }, 40, 1.138629436111989,
    [1, 0.197642356, 0.0250000004, 0.00790569466, 0.00249999994, 0.000790569466, 0.000250000012, 7.90569466e-5]],
  ['yarn with all options', { rope_parameters: { ...wideYarn, truncate: false, mscale: 0.7, mscale_all_dim: 1.2 } }, 40,
    0.9405715251010841, [1, 0.316227764, 0.100000001, 0.0266074985, 0.00426161895, 0.000790569466, 0.000250000012, 7.90569466e-5]],
  ['yarn whose factor is in the lengths',
    { rope_parameters: { rope_type: 'yarn', factor: null, original_max_position_embeddings: 16, attention_factor: 1.3 } }, 40, 1.3,
    [1, 0.079056941, 0.0250000004, 0.00790569466, 0.00249999994, 0.000790569466, 0.000250000012, 7.90569466e-5]],
  ['yarn of transformers 4', { rope_theta: 1e6, rope_scaling: { type: 'yarn', factor: 8 } }, 40, 1.2079441541679836,
    [1, 0.100028217, 0.00395284733, 0.000702926656, 0.000125000006, 2.22284925e-5, 3.95284678e-6, 7.02926684e-7]],
];

const sizes = { hidden_size: 64, num_attention_heads: 4, max_position_embeddings: 64 };

describe('the frequencies of rotary positions', () => {
  it.each(RECORDED)('are those of transformers: %s', (_, fields, length, scale, expected) => {
    const rope = ropeOf(llamaSchema.parse({ ...sizes, ...fields }), 16);
    const found = ropeFrequencies(rope, length);
    expect(found.scale).toBeCloseTo(scale, 12);
    expected.forEach((value, i) => expect((found.radians[i] ?? NaN) / value).toBeCloseTo(1, 6));
  });

  it('find the base in either place, the length of the training outside of the parameters too', () => {
    const rope = (fields: object): unknown => {
      const { theta, parameters } = ropeOf(llamaSchema.parse({ ...sizes, ...fields }), 16);
      return [theta, parameters.original_max_position_embeddings];
    };
    expect(rope({})).toEqual([10000, 64]);
    expect(rope({ rope_theta: 7, rope_scaling: null })).toEqual([7, 64]);
    expect(rope({ rope_theta: 7, rope_parameters: { rope_theta: 8 } })).toEqual([8, 64]);
    expect(rope({ rope_scaling: {}, rope_parameters: { rope_theta: 8 } })).toEqual([8, 64]);
    expect(rope({ rope_parameters: llama3 })).toEqual([10000, 8192]);
    expect(rope({ rope_parameters: llama3, original_max_position_embeddings: 9 })).toEqual([10000, 9]);
  });

  it.each<[object, string, RegExp]>([
    [{ rope_scaling: { type: 'linear' } }, 'rope_scaling.factor', /a number, for positions of type linear/],
    [{ rope_parameters: { ...llama3, low_freq_factor: null } }, 'rope_parameters.low_freq_factor', /type llama3/],
    [{ rope_parameters: { ...llama3, high_freq_factor: 1 } }, 'rope_parameters.high_freq_factor', /above/],
    [{ rope_parameters: { rope_type: 'proportional' } }, 'rope_parameters.rope_type', /"yarn"/],
    [{ rope_parameters: { rope_type: 'longrope' } }, 'rope_parameters.short_factor', /a list of numbers/],
    [{ rope_parameters: { ...longrope, long_factor: null } }, 'rope_parameters.long_factor', /type longrope/],
    [{ head_dim: 4, rope_parameters: longrope }, 'rope_parameters.long_factor', /each of 2 pairs/],
    [{ head_dim: 6, rope_scaling: longrope }, 'rope_scaling.short_factor', /each of 3 pairs/],
    [{ rope_parameters: { partial_rotary_factor: 0.5 } }, 'rope_parameters.partial_rotary_factor', /1/],
    [{ rope_theta: 0 }, 'rope_theta', />0/],
    [{ head_dim: 2, rope_scaling: { type: 'dynamic', factor: 2 } }, 'head_dim', /above 2/],
  ])('refuse %j', (fields, path, message) => {
    const issue = llamaSchema.safeParse({ ...sizes, ...fields }).error?.issues[0];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toMatch(message);
  });
});

describe.each(devices())('the rotation of a pass on %s', (device) => {
  useDevice(device);
  const rope = ropeOf(llamaSchema.parse({ ...sizes, max_position_embeddings: 1e9 }), 4);

  /** What turns a pair (1, 0) gives it the cosine and the sine of its angle. */
  const anglesOf = (rotation: Rotation, rows: number, time: number): Tensor => {
    const x = tensor4d(Array.from({ length: rows * time }, () => [1, 1, 0, 0]).flat(), [rows, 1, time, 4]);
    return rotate(x, rotation);
  };
  const expected = (angles: number[][]): number[] =>
    angles.flatMap((pair) => [...pair.map(Math.cos), ...pair.map(Math.sin)]);

  it('turns each token by its own position', () => {
    const rotation = rotationOf(rope, 9, 3, tensor2d([0, 0, 1, 5, 1, 2], [2, 3], 'int32'));
    const values = expected([0, 0, 1, 5, 1, 2].map((position) => [position, position / 100]));
    expect(anglesOf(rotation, 2, 3)).toBeCloseToTensor(tensor4d(values, [2, 1, 3, 4]), tolerance('transcendental'));
  });

  it('goes on after what came before, where no positions are given', () => {
    const values = expected([9, 10].map((position) => [position, position / 100]));
    const turned = anglesOf(rotationOf(rope, 9, 2), 1, 2);
    expect(turned).toBeCloseToTensor(tensor4d(values, [1, 1, 2, 4]), tolerance('transcendental'));
  });

  it('is that of RotaryEmbedding, whose formula is written out', () => {
    const x = randomTensor([2, 3, 5, 4], { seed: 1 });
    const layer = new RotaryEmbedding(20, 4, { pairs: 'halves' });
    const turned = rotate(x, rotationOf(rope, 7, 5));
    expect(turned).toBeCloseToTensor(layer.forward(x, { offset: 7 }), tolerance('transcendental'));
    layer.dispose();
  });

  it('has a gradient', () => {
    checkGradient((x) => rotate(x, rotationOf(rope, 2, 3)), [[2, 2, 3, 4]], { seed: 1 });
  });

  it('refuses positions that are not one for each token', () => {
    expect(() => rotationOf(rope, 0, 3, tensor2d([0, 1], [1, 2], 'int32'))).toThrowCode('SHAPE', /batch, 3/);
    expect(() => rotationOf(rope, 0, 2, tensor2d([0, 1], [1, 2]))).toThrowCode('DTYPE', /positions/);
  });
});
