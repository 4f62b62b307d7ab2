// SPDX-License-Identifier: Apache-2.0
// Tests of position vectors, learned and sinusoidal.

import { Generator, add, memory, slice, tensor, zeros } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { LearnedPositions, SinusoidalPositions } from './positions.ts';

const exact = tolerance('exact');

describe.each(devices())('LearnedPositions on %s', (device) => {
  useDevice(device);

  it('starts normal with deviation 0.02', () => {
    const positions = new LearnedPositions(100, 200, { generator: new Generator(3) });
    const drawn = [...positions.weight.dataSync()];
    const deviation = Math.sqrt(drawn.reduce((total, value) => total + value * value, 0) / drawn.length);
    expect(deviation).toBeCloseTo(0.02, 3);
    positions.dispose();
  });

  it('adds the first rows of its table to every sample', () => {
    const positions = new LearnedPositions(3, 1, { generator: new Generator(1) });
    positions.weight.assign(tensor([[10], [20], [30]]));
    const x = tensor([[[1], [2]], [[3], [4]]]); // prettier-ignore
    expect(positions.forward(x)).toBeCloseToTensor([[[11], [22]], [[13], [24]]], exact); // prettier-ignore
    positions.dispose();
  });

  it('takes as many positions as its table has, and refuses more', () => {
    const positions = new LearnedPositions(3, 2, { generator: new Generator(1) });
    expect(positions.forward(zeros([1, 3, 2])).shape).toEqual([1, 3, 2]);
    expect(() => positions.forward(zeros([1, 4, 2]))).toThrowCode('ARGUMENT', /at most 3 positions, received 4/);
    expect(() => positions.forward(zeros([1, 3, 1]))).toThrowCode('SHAPE', /x/);
    positions.dispose();
  });

  it('refuses sizes and options that do not fit', () => {
    const generator = new Generator(1);
    expect(() => new LearnedPositions(0, 2, { generator })).toThrowCode('ARGUMENT', /maximumTime/);
    expect(() => new LearnedPositions(2, 0, { generator })).toThrowCode('ARGUMENT', /features/);
    const options = { generator, scale: 1 };
    expect(() => new LearnedPositions(2, 2, options)).toThrowCode('OPTION', /scale/);
  });
});

describe.each(devices())('SinusoidalPositions on %s', (device) => {
  useDevice(device);

  it('adds sin and cos in turn, slower with each pair of features', () => {
    const positions = new SinusoidalPositions(4, 4);
    const table = [0, 1, 2, 3].map((t) => [Math.sin(t), Math.cos(t), Math.sin(t / 100), Math.cos(t / 100)]);
    expect(positions.forward(zeros([1, 4, 4]))).toBeCloseToTensor([table], tolerance('elementwise'));
    const x = randomTensor([2, 3, 4], { seed: 1 });
    const first = slice(positions.forward(x), [0, 0, 0], [2, 1, 4]);
    const expected = add(slice(x, [0, 0, 0], [2, 1, 4]), tensor([0, 1, 0, 1])); // position 0: sin 0 and cos 0
    expect(first).toBeCloseToTensor(expected);
    positions.dispose();
  });

  it('ends with a sine when the number of features is odd', () => {
    const positions = new SinusoidalPositions(2, 3);
    const row = [Math.sin(1), Math.cos(1), Math.sin(1 / 10000 ** (2 / 3))];
    expect(positions.forward(zeros([1, 2, 3]))).toBeCloseToTensor([[[0, 1, 0], row]]);
    positions.dispose();
  });

  it('learns nothing, saves nothing, and is freed', () => {
    const { tensors } = memory();
    const positions = new SinusoidalPositions(4, 2);
    expect(positions.stateDict()).toEqual({});
    positions.dispose();
    expect(memory().tensors).toBe(tensors);
  });

  it('refuses more positions than its table has, and sizes that do not fit', () => {
    const positions = new SinusoidalPositions(3, 2);
    expect(() => positions.forward(zeros([1, 4, 2]))).toThrowCode('ARGUMENT', /at most 3 positions/);
    expect(() => positions.forward(zeros([2]))).toThrowCode('SHAPE', /x/);
    expect(() => new SinusoidalPositions(0, 2)).toThrowCode('ARGUMENT', /maximumTime/);
    expect(() => new SinusoidalPositions(2, 0.5)).toThrowCode('ARGUMENT', /features/);
    positions.dispose();
  });
});
