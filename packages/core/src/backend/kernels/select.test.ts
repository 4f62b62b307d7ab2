// SPDX-License-Identifier: Apache-2.0
// Choice by a condition, on every device.

import { describeOnNative, devices, randomMask, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { runKernelForOne } from '../../ops/run.ts';
import { cast, tensor, where } from '../../tf.ts';

describe.each(devices())('select on %s', (device) => {
  useDevice(device);

  it.each(['float32', 'int32', 'bool'] as const)('chooses elements of %s', (dtype) => {
    for (const size of [0, 1, 3, 4, 5, 7, 15, 16, 17, 31, 33, 100]) {
      const condition = randomMask([size], { seed: 1 });
      const yes = cast(randomTensor([size], { seed: 2, low: -2, high: 2 }), dtype);
      const no = cast(randomTensor([size], { seed: 3, low: -2, high: 2 }), dtype);
      const [chosen, t, e] = [condition.dataSync(), yes.dataSync(), no.dataSync()];
      const expected = { shape: [size], dtype, values: Array.from(t, (value, i) => (chosen[i] === 1 ? value : e[i])) };
      expect(where(condition, yes, no)).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it('repeats the condition as the op says', () => {
    const condition = tensor([1, 0], [2, 1], 'bool');
    const [yes, no] = [
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      tensor(0),
    ];
    expect(where(condition, yes, no)).toBeCloseToTensor(
      [
        [1, 2, 3],
        [0, 0, 0],
      ],
      tolerance('exact'),
    );
  });

  it('joins mixed dtypes', () => {
    const inputs = { condition: tensor([1, 0], [2], 'bool'), t: tensor([1.5, 2.5]), e: tensor([3, 4], [2], 'int32') };
    expect(runKernelForOne('Select', inputs)).toBeCloseToTensor(Float32Array.of(1.5, 4), tolerance('exact'));
  });
});

describeOnNative('select of rows on %s', (device) => {
  useDevice(device);

  it('gives each row along the first axis its condition', () => {
    const condition = tensor([1, 0, 1], [3], 'bool');
    const [t, e] = [randomTensor([3, 17], { seed: 1 }), randomTensor([3, 17], { seed: 2 })];
    const [yes, no] = [t.dataSync(), e.dataSync()];
    const values = Array.from(yes, (value, i) => (Math.floor(i / 17) === 1 ? no[i] : value));
    const expected = { shape: [3, 17], dtype: 'float32', values };
    expect(runKernelForOne('Select', { condition, t, e })).toBeCloseToTensor(expected, tolerance('exact'));
  });

  it('refuses a condition that fits neither elements nor rows', () => {
    const inputs = { condition: tensor([1, 0], [2], 'bool'), t: tensor([1, 2, 3]), e: tensor([1, 2, 3]) };
    expect(() => runKernelForOne('Select', inputs)).toThrowCode('CONTRACT');
  });
});
