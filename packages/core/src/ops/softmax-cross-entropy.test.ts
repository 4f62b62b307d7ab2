// SPDX-License-Identifier: Apache-2.0
// Tests of softmaxCrossEntropy on every device.

import {
  checkGolden,
  checkGradient,
  devices,
  golden,
  randomIntegers,
  randomTensor,
  tolerance,
  useDevice,
} from '@nabla/testing';
import { type Tensor, tensor, tensor1d, tensor2d, zeros } from '../tf.ts';
import { plainSoftmaxCrossEntropy, softmaxCrossEntropy } from './softmax-cross-entropy.ts';

const REDUCTIONS = ['mean', 'sum', 'none'] as const;

describe.each(devices())('softmaxCrossEntropy on %s', (device) => {
  useDevice(device);

  describe.each(REDUCTIONS)('reduction %s', (reduction) => {
    it.each([2, 7, 15, 16, 17, 31, 33, 100])('equals its formula for %i classes', (classes) => {
      const logits = randomTensor([3, 2, classes], { seed: classes, low: -8, high: 8 });
      const labels = randomIntegers([3, 2], classes, { seed: classes });
      const expected = plainSoftmaxCrossEntropy(logits, labels, { reduction });
      expect(softmaxCrossEntropy(logits, labels, { reduction })).toBeCloseToTensor(
        expected,
        tolerance('reduce', classes),
      );
    });

    it('has the gradient of its formula', () => {
      const labels = randomIntegers([2, 3], 5, { seed: 1 });
      const f = (op: typeof softmaxCrossEntropy) => (logits: Tensor) => op(logits, labels, { reduction });
      checkGradient(f(softmaxCrossEntropy), [[2, 3, 5]], { plain: f(plainSoftmaxCrossEntropy), seed: 2 });
    });
  });

  it.each(golden('softmax_cross_entropy').cases)('equals PyTorch: $name', (recorded) => {
    checkGolden(recorded, ({ logits, labels }) => softmaxCrossEntropy(logits, labels, recorded.options));
  });

  it('does not overflow, and keeps small losses of large logits', () => {
    const logits = tensor2d([
      [1000, 0, -1000],
      [1000, 990, 0],
    ]);
    const losses = softmaxCrossEntropy(logits, tensor1d([2, 0], 'int32'), { reduction: 'none' });
    expect(losses).toBeCloseToTensor([2000, 4.5398899e-5], { absolute: 6e-8, relative: 1e-6 });
  });

  it('gives NaN for a row with NaN, and for the mean of no rows', () => {
    const logits = tensor2d([
      [NaN, 1],
      [1, 2],
    ]);
    const labels = tensor1d([1, 1], 'int32');
    expect(softmaxCrossEntropy(logits, labels, { reduction: 'none' })).toBeCloseToTensor([NaN, 0.3132617]);
    expect(softmaxCrossEntropy(logits, labels)).toBeCloseToTensor(NaN);
    const none = tensor([], [0], 'int32');
    expect(softmaxCrossEntropy(zeros([0, 3]), none)).toBeCloseToTensor(NaN);
    expect(softmaxCrossEntropy(zeros([0, 3]), none, { reduction: 'sum' })).toBeCloseToTensor(0);
    expect(softmaxCrossEntropy(zeros([0, 3]), none, { reduction: 'none' }).shape).toEqual([0]);
  });

  it('names a label out of range and its row', () => {
    const wrong = (label: number): (() => Tensor) => {
      return () => softmaxCrossEntropy(zeros([2, 10]), tensor1d([3, label], 'int32'));
    };
    const message = (label: number): RegExp =>
      new RegExp(`^softmaxCrossEntropy: expected labels from 0 to 9, received ${label} in row 1\\.$`);
    expect(wrong(10)).toThrowCode('DATA', message(10));
    expect(wrong(-1)).toThrowCode('DATA', message(-1));
  });

  it('refuses other shapes, element types and reductions', () => {
    const labels = tensor1d([0, 1], 'int32');
    expect(() => softmaxCrossEntropy(zeros([3, 4]), labels)).toThrowCode(
      'SHAPE',
      /expected labels of shape \[3\], received \[2\]/,
    );
    expect(() => softmaxCrossEntropy(zeros([2, 0]), labels)).toThrowCode('SHAPE', /at least one class/);
    expect(() => softmaxCrossEntropy(zeros([]), labels)).toThrowCode('RANK');
    expect(() => softmaxCrossEntropy(zeros([2, 4]), zeros([2]))).toThrowCode('DTYPE', /labels of dtype int32/);
    expect(() => softmaxCrossEntropy(zeros([2, 4], 'int32'), labels)).toThrowCode('DTYPE', /logits of dtype float32/);
    expect(() => softmaxCrossEntropy(zeros([2, 4]), labels, { reduction: 'average' as 'mean' })).toThrowCode(
      'ARGUMENT',
    );
    expect(() => softmaxCrossEntropy(zeros([2, 4]), labels, { reduce: 'mean' } as object)).toThrowCode('OPTION');
  });
});
