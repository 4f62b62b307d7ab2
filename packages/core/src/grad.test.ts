// SPDX-License-Identifier: Apache-2.0
// Tests of the gradients of functions as functions: values, second derivatives, refusals, and what is left behind.

import {
  type Tensor,
  dispose,
  exp,
  grad,
  grads,
  logSumExp,
  matMul,
  mul,
  pow,
  scalar,
  setDevice,
  sigmoid,
  softmax,
  square,
  sum,
  tanh,
  tensor1d,
  tensor2d,
  trackLeaks,
  zeros,
} from './index.ts';

beforeAll(() => {
  setDevice('js');
});

const values = (tensor: Tensor): number[] => [...(tensor.dataSync() as Float32Array)];

const POINTS = [0.3, -0.7, 1.2];

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** The second derivatives of sums over elements, `h` of each element. */
const SECOND: readonly [name: string, f: (x: Tensor) => Tensor, h: (x: number) => number][] = [
  ['x^3', (x) => pow(x, 3), (x) => 6 * x],
  ['exp', exp, Math.exp],
  ['tanh', tanh, (x) => -2 * Math.tanh(x) * (1 - Math.tanh(x) ** 2)],
  ['sigmoid', sigmoid, (x) => logistic(x) * (1 - logistic(x)) * (1 - 2 * logistic(x))],
  ['x exp x', (x) => mul(x, exp(x)), (x) => Math.exp(x) * (2 + x)],
  ['x sigmoid x', (x) => mul(x, sigmoid(x)), (x) => logistic(x) * (1 - logistic(x)) * (2 + x * (1 - 2 * logistic(x)))],
];

describe('grad', () => {
  it.each(SECOND)('of grad is the second derivative of %s', (_, f, second) => {
    const found = grad(grad(f))(tensor1d(POINTS));
    values(found).forEach((value, i) => expect(value).toBeCloseTo(second(POINTS[i]), 4));
  });

  it('of a function of grad follows a softmax, of which each element depends on all', () => {
    const shares = POINTS.map((x) => Math.exp(x) / POINTS.reduce((total, y) => total + Math.exp(y), 0));
    const squares = shares.reduce((total, share) => total + share * share, 0);
    const expected = shares.map((share) => 2 * share * (share - squares));
    for (const f of [(x: Tensor) => sum(square(grad(logSumExp)(x))), (x: Tensor) => sum(square(softmax(x)))]) {
      values(grad(f)(tensor1d(POINTS))).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
    }
  });

  it('weights the result by a gradient that is given, else sums it', () => {
    const x = tensor1d([1, 2]);
    expect(values(grad(square)(x))).toEqual([2, 4]);
    expect(values(grad(square)(x, tensor1d([3, 5])))).toEqual([6, 20]);
    expect(() => grad(square)(x, scalar(1))).toThrow(expect.objectContaining({ code: 'SHAPE' }));
    expect(() => grad(square)(x, tensor1d([1, 1], 'int32'))).toThrow(expect.objectContaining({ code: 'DTYPE' }));
  });

  it('leaves the gradient alone behind, and nothing where the function throws', () => {
    const x = tensor1d([1, 2]);
    const { value, leaks } = trackLeaks(() => grad((y: Tensor) => tanh(square(y)))(x));
    expect(leaks).toEqual([]);
    dispose(value);
    const failing = grad((y: Tensor) => {
      square(tanh(y));
      throw new Error('stop');
    });
    expect(trackLeaks(() => expect(() => failing(x)).toThrow('stop')).leaks).toEqual([]);
  });

  it.each<[string, () => void, string]>([
    ['a function of something else', () => grad(() => scalar(1))(scalar(2)), 'UNUSED'],
    ['an input of whole numbers', () => grad(square)(scalar(1, 'int32')), 'DTYPE'],
    ['an input that is a number', () => grad(square)(3 as never), 'TENSOR'],
    ['a result of whole numbers', () => grad(() => scalar(1, 'int32'))(scalar(2)), 'DTYPE'],
    ['a promise', () => grad(() => Promise.resolve(scalar(1)) as never)(scalar(2)), 'ASYNC'],
  ])('refuses %s', (_, f, code) => {
    expect(f).toThrow(expect.objectContaining({ code }));
  });
});

describe('grads', () => {
  it('gives a gradient by each input, in order', () => {
    const [a, b] = [tensor2d([[1, 2]]), tensor2d([[3], [4]])];
    const found = grads((x: Tensor, y: Tensor) => square(matMul(x, y)))([a, b]);
    expect(found.map(values)).toEqual([
      [66, 88],
      [22, 44],
    ]);
    expect(found.map(({ shape }) => shape)).toEqual([a.shape, b.shape]);
  });

  it('names the inputs that the function does not use', () => {
    const [x, y] = [scalar(2), zeros([2])];
    expect(() => grads((a: Tensor, _: Tensor) => square(a))([x, y])).toThrow(
      'grads: expected every input to contribute to the result of f, received none from input 1. ' +
        'Leave it out, or take gradients of zeros: valueAndGrad with { allowUnused: true }.',
    );
    expect(() => grads(() => scalar(1))([])).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
  });
});
