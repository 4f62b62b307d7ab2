// SPDX-License-Identifier: Apache-2.0
// Tests of the operations that stand in for those of tfjs: broadcastTo, where, max, min, mirrorPad and cumsum. Their golden values
// stand in gradients/golden.test.ts.

import { checkGradient, devices, tolerance, useDevice } from '@nabla/testing';
import { valueAndGrad } from '../autodiff.ts';
import { dispose } from '../memory.ts';
import { greater, ones, scalar, sum, tensor1d, tensor2d, where as tfjsWhere, variable, zeros } from '../tf.ts';
import { broadcastTo, where } from './broadcast-to.ts';
import { cumsum } from './cumsum.ts';
import { max, min } from './extrema.ts';
import { mirrorPad } from './mirror-pad.ts';

describe.each(devices())('repeated, chosen and reduced on %s', (device) => {
  useDevice(device);

  it('broadcastTo repeats along an empty axis to nothing', () => {
    expect(broadcastTo(scalar(3), [0]).shape).toEqual([0]);
    expect(broadcastTo(ones([2, 1]), [3, 2, 0]).shape).toEqual([3, 2, 0]);
    expect(broadcastTo(ones([2, 1]), [3, 2, 2])).toBeCloseToTensor(ones([3, 2, 2]), tolerance('exact'));
    expect(() => broadcastTo(ones([2]), [3])).toThrowCode('BROADCAST', /x of shape that broadcasts to \[3\]/);
    expect(() => broadcastTo(ones([2]), [-1])).toThrowCode('ARGUMENT');
  });

  it('where gives nothing for an empty axis', () => {
    const x = variable(scalar(2));
    const none = where(zeros([0], 'bool'), scalar(1), zeros([0]));
    expect(none.shape).toEqual([0]);
    const { gradients } = valueAndGrad(() => sum(where(scalar(true), x, zeros([0, 3]))), [x]);
    expect(gradients[0].arraySync()).toBe(0);
    dispose(x);
    expect(() => where(zeros([2], 'bool'), zeros([3]), 0)).toThrowCode('BROADCAST');
  });

  it('where takes numbers and lists', () => {
    expect(where(greater(tensor1d([1, -1]), 0), [5, 6], 7)).toBeCloseToTensor([5, 7], tolerance('exact'));
  });

  it('equal largest and smallest elements share the gradient', () => {
    const x = variable(tensor2d([[1, 3, 3], [2, 2, 2]])); // prettier-ignore
    const of = (f: typeof max) => valueAndGrad(() => sum(f(x, -1)), [x]).gradients[0];
    expect(of(max)).toBeCloseToTensor([[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]], tolerance('elementwise')); // prettier-ignore
    expect(of(min)).toBeCloseToTensor([[1, 0, 0], [1 / 3, 1 / 3, 1 / 3]], tolerance('elementwise')); // prettier-ignore
    dispose(x);
    checkGradient((y) => max(y, [0, 2]), [[2, 3, 2]], { seed: 1 });
    checkGradient((y) => min(y, 1, true), [[2, 3, 2]], { seed: 1 });
  });

  it('max and min take whole numbers, and no axis that is not there', () => {
    const x = tensor1d([3, 1, 2], 'int32');
    expect([max(x).dtype, max(x).arraySync(), min(x).arraySync()]).toEqual(['int32', 3, 1]);
    expect(() => max(x, 1)).toThrowCode('AXIS');
    expect(() => min(x, [0, 0])).toThrowCode('AXIS');
    expect(() => max(x, 0, 1 as never)).toThrowCode('ARGUMENT', /keepDims/);
  });

  it('images in a mirror add their gradients', () => {
    const widths: [number, number][] = [[1, 2], [0, 1]]; // prettier-ignore
    checkGradient((x) => mirrorPad(x, widths, 'reflect'), [[3, 4]], { seed: 1 });
    checkGradient((x) => mirrorPad(x, widths, 'symmetric'), [[3, 4]], { seed: 1 });
    expect(mirrorPad(tensor1d([1, 2], 'int32'), [[0, 1]], 'reflect').arraySync()).toEqual([1, 2, 1]);
    expect(() => mirrorPad(ones([2]), [[0, 1]], 'reflection' as never)).toThrowCode('ARGUMENT', /reflect/);
  });

  it('cumsum counts axes from either end', () => {
    const x = tensor2d([[1, 2, 5], [3, 4, 6]]); // prettier-ignore
    expect(cumsum(x, -1)).toBeCloseToTensor([[1, 3, 8], [3, 7, 13]]); // prettier-ignore
    expect(cumsum(x, -2)).toBeCloseToTensor([[1, 2, 5], [4, 6, 11]]); // prettier-ignore
    expect(cumsum(x, 1, true, true)).toBeCloseToTensor([[7, 5, 0], [10, 6, 0]]); // prettier-ignore
    expect(() => cumsum(x, 2)).toThrowCode('AXIS');
    expect(() => cumsum(ones([2], 'bool'))).toThrowCode('DTYPE');
    expect(() => cumsum(x, 0, 1 as never)).toThrowCode('ARGUMENT', /exclusive/);
  });
});

describe.each(devices().filter((device) => device !== 'js'))("tfjs' own where on %s", (device) => {
  useDevice(device);

  it('reads no memory that nobody wrote', () => {
    const none = tfjsWhere(zeros([0], 'bool'), scalar(1), zeros([0]));
    expect(none.shape).toEqual([0]);
  });
});
