// SPDX-License-Identifier: Apache-2.0
// Tests of the count of floating-point operations: each kernel that is counted, and that watching leaves no trace.

import { valueAndGrad } from './autodiff.ts';
import { countFlops } from './count-flops.ts';
import { setDevice } from './index.ts';
import { observeKernels } from './observe-kernels.ts';
import { scaledDotProductAttention } from './ops/attention.ts';
import { conv2d } from './ops/convolution.ts';
import { einsum } from './ops/einsum.ts';
import { linear } from './ops/linear.ts';
import { convTranspose2d } from './ops/transposed-convolution.ts';
import { scope } from './memory.ts';
import { type Tensor, engine, matMul, ones, relu, softmax, sum, variable } from './tf.ts';

beforeAll(() => {
  setDevice('js');
});

/** Operations of `f`, and of its gradients together with it. */
function costs(f: (...inputs: Tensor[]) => Tensor, ...shapes: number[][]): [number, number] {
  return scope(() => {
    const inputs = shapes.map((shape) => ones(shape));
    const forward = countFlops(() => f(...inputs)).flops;
    return [forward, countFlops(() => valueAndGrad(() => sum(f(...inputs)), inputs)).flops];
  });
}

describe('countFlops', () => {
  // The gradient of a product is two products of the same size.
  it.each<[string, (...inputs: Tensor[]) => Tensor, number[][], number]>([
    [
      'a product of matrices',
      (a, b) => matMul(a, b),
      [
        [2, 3],
        [3, 5],
      ],
      2 * 2 * 3 * 5,
    ],
    [
      'a transposed product',
      (a, b) => matMul(a, b, true, true),
      [
        [3, 2],
        [5, 3],
      ],
      2 * 2 * 3 * 5,
    ],
    [
      'a batch of products',
      (a, b) => matMul(a, b),
      [
        [4, 2, 3],
        [4, 3, 5],
      ],
      4 * 2 * 2 * 3 * 5,
    ],
    [
      "Einstein's notation",
      (a, b) => einsum('ij,jk->ik', a, b),
      [
        [2, 3],
        [3, 5],
      ],
      2 * 2 * 3 * 5,
    ],
    ['a linear map, without its bias', (x, w, b) => linear(x, w, b), [[2, 7, 3], [5, 3], [5]], 2 * 14 * 3 * 5],
    [
      'a convolution',
      (x, w) => conv2d(x, w, undefined, { stride: 2 }),
      [
        [2, 7, 5, 3],
        [4, 3, 3, 3],
      ],
      2 * 2 * 6 * 4 * 27,
    ],
    [
      'groups',
      (x, w) => conv2d(x, w, undefined, { groups: 2 }),
      [
        [1, 4, 4, 6],
        [4, 3, 1, 1],
      ],
      2 * 16 * 4 * 3,
    ],
    [
      'a transposed convolution',
      (x, w) => convTranspose2d(x, w),
      [
        [2, 3, 2, 3],
        [3, 5, 2, 2],
      ],
      2 * 2 * 6 * 3 * 5 * 4,
    ],
  ])('counts %s, and three times as much with gradients', (_, f, shapes, expected) => {
    expect(costs(f, ...shapes)).toEqual([expected, 3 * expected]);
  });

  it('counts attention, whose backward pass computes the scores once more', () => {
    const scores = 2 * 3 * 5 * 7; // batch, heads, queryTime, keyTime
    const shapes = [
      [2, 3, 5, 4],
      [2, 3, 7, 4],
      [2, 3, 7, 6],
    ];
    const forward = 2 * scores * (4 + 6);
    const backward = 2 * scores * (3 * 4 + 2 * 6);
    expect(costs((q, k, v) => scaledDotProductAttention(q, k, v), ...shapes)).toEqual([forward, forward + backward]);
  });

  it('counts nothing else', () => {
    expect(costs((x) => softmax(relu(x)), [3, 4])).toEqual([0, 0]);
  });

  it('gives the result, and says while it counts how much there was', () => {
    const product = (): Tensor => scope(() => matMul(ones([1, 2]), ones([2, 1])));
    const { value, flops } = countFlops((soFar) => {
      product();
      const first = soFar();
      product();
      return [first, soFar()];
    });
    expect({ value, flops }).toEqual({ value: [4, 8], flops: 8 });
  });

  it('nests', () => {
    const product = (): Tensor => matMul(ones([1, 2]), ones([2, 1]));
    const outer = countFlops(() => {
      product();
      return countFlops(product).flops;
    });
    expect(outer).toEqual({ value: 4, flops: 8 });
  });

  it('refuses a promise', () => {
    expect(() => countFlops(() => Promise.resolve())).toThrow(expect.objectContaining({ code: 'ASYNC' }));
  });
});

describe('observeKernels', () => {
  it('sees names, inputs and attributes, of the backward pass too, and gives the result', () => {
    const seen: [string, object, object][] = [];
    const x = variable(ones([2, 2]));
    const result = observeKernels(
      (...kernel) => void seen.push(kernel),
      () => valueAndGrad(() => sum(matMul(x, x, false, true)), [x]).gradients[0],
    );
    expect(result.shape).toEqual([2, 2]);
    expect(seen[0]).toEqual(['BatchMatMul', { a: x, b: x }, { transposeA: false, transposeB: true }]);
    expect(seen.filter(([name]) => name === 'BatchMatMul')).toHaveLength(3);
  });

  it('gives the engine its own method back, after a throw too', () => {
    const failing = (): void =>
      observeKernels(
        () => undefined,
        () => {
          expect(Object.hasOwn(engine(), 'runKernel')).toBe(true);
          throw new Error('stop');
        },
      );
    expect(failing).toThrow('stop');
    expect(Object.hasOwn(engine(), 'runKernel')).toBe(false);
  });
});
