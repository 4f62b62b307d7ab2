// SPDX-License-Identifier: Apache-2.0
// What finite differences cannot show of the gradients: kinks, zeros, infinities, conditions and whole numbers, on every device.

import { checkGradient, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { floorDiv, logicalAnd } from '../ops/unrecorded.ts';
import * as tf from '../tf.ts';

/** The gradient of `sum(f(x))`. */
function gradientOf(f: (x: tf.Tensor) => tf.Tensor, values: number[]): tf.Tensor {
  const x = tf.variable(tf.tensor1d(values));
  try {
    return valueAndGrad(() => tf.sum(f(x)), [x]).gradients[0];
  } finally {
    tf.dispose(x);
  }
}

describe.each(devices())('gradients where tfjs is wrong, on %s', (device) => {
  useDevice(device);

  const kinks: [string, (x: tf.Tensor) => tf.Tensor, number[], number[]][] = [
    ['abs is 0 at 0', tf.abs, [0, 2, -2], [0, 1, -1]],
    ['x^0 is 0 at 0', (x) => tf.pow(x, 0), [0, 2], [0, 0]],
    ['x^1 is 1 at 0', (x) => tf.pow(x, 1), [0, 2], [1, 1]],
    ['b^x is 0 at b = 0', (x) => tf.pow(tf.scalar(0), x), [2, 3], [0, 0]],
    ['a step to whole numbers is 0', (x) => tf.add(x, tf.cast(tf.cast(x, 'int32'), 'float32')), [1.5, -2.5], [1, 1]],
    ['a step to truth values is 0', (x) => tf.add(x, tf.cast(tf.cast(x, 'bool'), 'float32')), [1.5, 0], [1, 1]],
    ['a quotient without remainder is 0', (x) => tf.add(x, tf.cast(floorDiv(x, 2), 'float32')), [5, 7], [1, 1]],
    ['the larger of two equal elements is the first', (x) => tf.maximum(x, tf.scalar(1)), [1, 2, 0], [1, 1, 0]],
    ['a comparison of whole numbers is 0', (x) => tf.where(tf.greaterEqual(tf.cast(x, 'int32'), 2), x, tf.mul(x, 3)), [2.5, 1.5], [1, 3]],
    ['a position of the largest whole number is 0', (x) => tf.mul(x, tf.cast(tf.argMax(tf.cast(x, 'int32')), 'float32')), [1, 4], [1, 1]],
    ['a position that was computed is no parameter', (x) => tf.gather(x, tf.cast(x, 'int32')), [1.5, 0.5], [1, 1]],
  ]; // prettier-ignore
  it.each(kinks)('%s', (_, f, values, expected) => {
    expect(gradientOf(f, values)).toBeCloseToTensor(Float32Array.from(expected), tolerance('elementwise'));
  });

  it('of what is dropped by an infinite gradient stays 0', () => {
    const condition = tf.tensor([1, 0], [2], 'bool');
    const chosen = gradientOf((x) => tf.log(tf.where(condition, x, tf.add(tf.mul(x, 0), 1))), [0, 0]);
    expect(chosen).toBeCloseToTensor(Float32Array.of(Infinity, 0), tolerance('exact'));
  });

  it.each([['sum', tf.sum], ['mean', tf.mean]] as const)('of the %s of nothing are nothing', (_, reduce) => {
    const x = tf.variable(tf.zeros([0, 3]));
    const loss = (): tf.Scalar => tf.sum(tf.add(reduce(x, 1), tf.sum(reduce(x, 0, true))));
    expect(valueAndGrad(loss, [x]).gradients[0].shape).toEqual([0, 3]);
    tf.dispose(x);
  }); // prettier-ignore

  it.each([
    [[1, 3, 4], [5, 4, 2], false, false],
    [[5, 3, 4], [4, 2], false, false],
    [[4, 3], [5, 2, 4], true, true],
  ] as const)(
    'of a fused product of %j and %j are summed over the axes that are repeated',
    (a, b, transposeA, transposeB) => {
      const bias = randomTensor([2], { seed: 3 });
      const inputs = [a, b].map((shape, i) => tf.variable(randomTensor(shape, { seed: i + 1 })));
      const [x, y] = inputs;
      const gradients = (f: () => tf.Tensor): tf.Tensor[] =>
        valueAndGrad(() => tf.sum(tf.square(f())), inputs).gradients;
      const actual = gradients(() => tf.fused.matMul({ a: x, b: y, transposeA, transposeB, bias }));
      const expected = gradients(() => tf.add(tf.matMul(x, y, transposeA, transposeB), bias));
      actual.forEach((gradient, i) => expect(gradient).toBeCloseToTensor(expected[i], tolerance('matmul', 20)));
      tf.dispose(inputs);
    },
  );

  it('of the second order pass through conditions', () => {
    const x = tf.variable(tf.tensor1d([-2, 3]));
    const cube = (): tf.Tensor => tf.sum(tf.where(tf.greater(x, 0), tf.pow(x, 3), tf.square(x)));
    const second = valueAndGrad(() => tf.sum(valueAndGrad(cube, [x]).gradients[0]), [x]).gradients[0];
    expect(second).toBeCloseToTensor(Float32Array.of(2, 18), tolerance('elementwise'));
    tf.dispose(x);
  });

  it('of a loss that asks its parameters flow like those of one that does not', () => {
    checkGradient(
      (x, y) => {
        const large = logicalAnd(tf.greater(x, 0), tf.logicalNot(tf.less(y, 0)));
        const counted = tf.sum(tf.cast(large, 'float32'));
        return tf.div(tf.sum(tf.where(large, tf.mul(x, y), tf.sub(x, y))), tf.add(counted, 1));
      },
      [
        [3, 5],
        [3, 5],
      ],
      { seed: 2 },
    );
  });

  it('of a segment sum leave out the rows of no segment', () => {
    const rows = randomTensor([4, 3], { seed: 1 });
    const sums = tf.unsortedSegmentSum(rows, tf.tensor1d([1, -1, 1, 5], 'int32'), 2);
    const [first, , third] = tf.unstack(rows);
    expect(sums).toBeCloseToTensor(tf.stack([tf.zeros([3]), tf.add(first, third)]), tolerance('elementwise'));
  });
});
