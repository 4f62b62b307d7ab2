// SPDX-License-Identifier: Apache-2.0
// Tests of triangles and diagonals; golden values stand in tensor-ops.test.ts.

import { checkGradient, devices, useDevice } from '@nabla/testing';
import { ones, tensor2d, zeros } from '../tf.ts';
import { diagonal, trace, tril, triu } from './triangle.ts';

describe.each(devices())('triangles on %s', (device) => {
  useDevice(device);

  it('leave out what is not a number', () => {
    const x = tensor2d([[1, NaN], [Infinity, 2]]); // prettier-ignore
    expect(triu(tril(x), 0)).toBeCloseToTensor([[1, 0], [0, 2]]); // prettier-ignore
  });

  it('keep whole numbers whole', () => {
    const x = tensor2d([[1, 2], [3, 4]], undefined, 'int32'); // prettier-ignore
    expect([tril(x).dtype, diagonal(x).dtype, trace(x).dtype]).toEqual(['int32', 'int32', 'int32']);
    expect(trace(x).arraySync()).toBe(5);
  });

  it('have gradients', () => {
    checkGradient((x) => tril(x, 1), [[2, 3, 4]], { seed: 1 });
    checkGradient((x) => diagonal(x, -1), [[2, 3, 4]], { seed: 1 });
    checkGradient(trace, [[2, 3, 4]], { seed: 1 });
  });

  it('take empty matrices', () => {
    expect(triu(zeros([2, 0, 3])).shape).toEqual([2, 0, 3]);
    expect(diagonal(zeros([2, 3, 0])).shape).toEqual([2, 0]);
    expect(diagonal(ones([2, 2]), 5).shape).toEqual([0]);
  });

  it('refuse what is no matrix', () => {
    expect(() => tril(ones([3]))).toThrowCode('RANK');
    expect(() => triu(ones([3]))).toThrowCode('RANK');
    expect(() => diagonal(ones([3]))).toThrowCode('RANK');
    expect(() => trace(ones([3]))).toThrowCode('RANK');
    expect(() => tril(ones([3, 3]), 0.5)).toThrowCode('ARGUMENT', /diagonal/);
    expect(() => triu(ones([3, 3]), NaN)).toThrowCode('ARGUMENT', /diagonal/);
    expect(() => diagonal(ones([3, 3]), 0.5)).toThrowCode('ARGUMENT', /offset/);
  });
});
