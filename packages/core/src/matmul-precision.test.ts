// SPDX-License-Identifier: Apache-2.0
// Products in bf16 against float32 products of operands that were rounded beforehand: sizes around tiles, panels, blocks
// and pairs, every transposition, gradients, a training; and where nothing is rounded: small products, other targets.

import {
  TRANSPOSITIONS,
  describeOnCpu,
  describeOnEveryBf16,
  randomTensor,
  randomValues,
  roundToBf16,
  tolerance,
  useDevice,
} from '@nabla/testing';

import { valueAndGrad } from './autodiff.ts';
import { setCpuTarget, setMatmulPrecision, setThreads } from './device.ts';
import { linear } from './ops/linear.ts';
import { type Tensor, eye, matMul, mean, mul, square, sub, sum, tanh, tensor, tidy, variable } from './tf.ts';

type Sizes = readonly [rows: number, inner: number, columns: number];

function operands([rows, inner, columns]: Sizes, transposeA: boolean, transposeB: boolean): [Tensor, Tensor] {
  return [
    randomTensor(transposeA ? [inner, rows] : [rows, inner], { seed: 1 }),
    randomTensor(transposeB ? [columns, inner] : [inner, columns], { seed: 2 }),
  ];
}

const SIZES: readonly Sizes[] = [
  ...[24, 25, 31, 32, 33, 47, 48].map((rows) => [rows, 32, 48] as const), // tiles are 8 or 16 rows high
  ...[48, 49, 63, 64, 65, 95, 96, 97].map((columns) => [24, 33, columns] as const), // and up to 48, or 16 columns wide
  ...[16, 17, 31, 32, 33, 34, 63, 65].map((inner) => [27, inner, 50] as const), // pairs, vectors of pairs
  [24, 769, 48], // two blocks of k
  [2050, 16, 48], // two chunks
  [24, 16, 2051],
];

describeOnEveryBf16('products in bf16', (inBf16) => {
  useDevice('cpu:avx512');
  afterEach(() => setThreads(0));

  it.each(SIZES)('are those of rounded operands for %i rows, %i inner, %i columns', (...sizes) => {
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const [a, b] = operands(sizes, transposeA, transposeB);
      const exact = matMul(a, b, transposeA, transposeB);
      const expected = matMul(roundToBf16(a), roundToBf16(b), transposeA, transposeB);
      const received = inBf16(() => matMul(a, b, transposeA, transposeB));
      expect(received).toBeCloseToTensor(expected, tolerance('matmul', sizes[1]));
      expect(received).not.toBeCloseToTensor(exact, tolerance('matmul', sizes[1]));
      expect(matMul(a, b, transposeA, transposeB)).toBeCloseToTensor(exact, tolerance('exact')); // after the reset
    }
  });

  it('round to the nearest, and to even where two are as near', () => {
    const half = 2 ** -8;
    const special = [1 + half, 1 + 3 * half, -1 - half, -1 - 3 * half, 1 + half + 2 ** -23, 1 + half - 2 ** -23, 1e38];
    const values = randomValues(48 * 48, { seed: 3 });
    values.set([...special, 2 ** -126, 2 ** -127, 2 ** -149, 0]);
    const x = tensor(values, [48, 48]);
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const expected = roundToBf16(transposeA ? tensor(transposed(values, 48), [48, 48]) : x);
      const received = inBf16(() => matMul(x, eye(48), transposeA, transposeB));
      expect(received).toBeCloseToTensor(expected, tolerance('exact'));
    }
  });

  it.each([
    [30, 40, 50],
    [33, 780, 61],
  ])('keep NaN and infinities to their row and column: %i rows, %i inner, %i columns', (...sizes) => {
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const [a, b] = operands(sizes, transposeA, transposeB).map((operand, i) => {
        const values = operand.dataSync().slice();
        values[values.length - 1] = [NaN, Infinity][i]; // in the last row of a, the last column of b
        return tensor(values, operand.shape);
      });
      const expected = matMul(roundToBf16(a), roundToBf16(b), transposeA, transposeB);
      const received = inBf16(() => matMul(a, b, transposeA, transposeB));
      expect(received).toBeCloseToTensor(expected, tolerance('matmul', sizes[1]));
    }
  });

  it.each([
    [
      [3, 25, 34],
      [3, 34, 49],
    ],
    [
      [3, 25, 34],
      [1, 34, 49],
    ],
    [
      [1, 25, 34],
      [5, 34, 49],
    ],
  ])('are batched: %j times %j', (shapeA, shapeB) => {
    const [a, b] = [randomTensor(shapeA, { seed: 4 }), randomTensor(shapeB, { seed: 5 })];
    const received = inBf16(() => matMul(a, b));
    expect(received).toBeCloseToTensor(matMul(roundToBf16(a), roundToBf16(b)), tolerance('matmul', 34));
  });

  it.each(['none', 'relu', 'gelu', 'silu'] as const)('add the bias and apply %s in float32', (activation) => {
    const x = randomTensor([2, 19, 40], { seed: 6 });
    const weight = randomTensor([70, 40], { seed: 7 });
    const bias = randomTensor([70], { seed: 8 });
    const received = inBf16(() => linear(x, weight, bias, { activation }));
    const expected = linear(roundToBf16(x), roundToBf16(weight), bias, { activation });
    expect(received).toBeCloseToTensor(expected, tolerance('matmul', 40));
  });

  it('have gradients whose products are in bf16 too', () => {
    const weights = randomTensor([40, 64], { seed: 9 });
    const x = variable(randomTensor([40, 56], { seed: 10 }));
    const weight = variable(randomTensor([64, 56], { seed: 11 }));
    const { gradients } = inBf16(() => valueAndGrad(() => sum(mul(linear(x, weight), weights)), [x, weight]));
    const [gradX, gradWeight] = gradients;
    const expectedX = matMul(roundToBf16(weights), roundToBf16(weight));
    expect(gradX).toBeCloseToTensor(expectedX, tolerance('matmul', 64));
    const expectedWeight = matMul(roundToBf16(weights), roundToBf16(x), true, false);
    expect(gradWeight).toBeCloseToTensor(expectedWeight, tolerance('matmul', 40));
    x.dispose();
    weight.dispose();
  });

  it('learn', () => {
    const losses = (): number[] => {
      const x = randomTensor([64, 48], { seed: 12 });
      const target = tanh(matMul(x, randomTensor([48, 24], { seed: 13, low: -0.3, high: 0.3 })));
      const parameters = [randomTensor([96, 48], { seed: 14 }), randomTensor([24, 96], { seed: 15 })].map((start) =>
        variable(mul(start, 0.1)),
      );
      const [first, second] = parameters;
      const forward = (): Tensor =>
        mean(square(sub(linear(linear(x, first, undefined, { activation: 'tanh' }), second), target)));
      const history = Array.from({ length: 60 }, () =>
        tidy(() => {
          const { value, gradients } = valueAndGrad(forward, parameters);
          parameters.forEach((parameter, i) => parameter.assign(sub(parameter, mul(gradients[i], 3))));
          return value.dataSync()[0];
        }),
      );
      for (const parameter of parameters) parameter.dispose();
      return history;
    };
    const [coarse, exact] = [inBf16(losses), losses()].map((history) => history[history.length - 1]);
    expect(coarse).not.toBe(exact);
    expect(coarse).toBeLessThan(0.1 * losses()[0]);
    expect(Math.abs(coarse - exact)).toBeLessThan(0.1 * exact);
  });

  it.each([
    [23, 64, 64],
    [64, 15, 64],
    [64, 64, 23],
  ])('are not worth it below a size: %i rows, %i inner, %i columns', (...sizes) => {
    const [a, b] = operands(sizes, false, false);
    expect(inBf16(() => matMul(a, b))).toBeCloseToTensor(matMul(a, b), tolerance('exact'));
  });

  it('give the same bits on one thread and on three', () => {
    for (const [transposeA, transposeB] of TRANSPOSITIONS) {
      const [a, b] = operands([100, 780, 150], transposeA, transposeB);
      setThreads(1);
      const one = inBf16(() => matMul(a, b, transposeA, transposeB));
      setThreads(3);
      const three = inBf16(() => matMul(a, b, transposeA, transposeB));
      expect(three).toBeCloseToTensor(one, tolerance('exact'));
    }
  });

  it('end when another target is chosen', () => {
    const [a, b] = operands([30, 40, 50], false, false);
    setMatmulPrecision('bf16');
    setCpuTarget('avx512');
    const received = matMul(a, b);
    setMatmulPrecision('float32');
    expect(received).toBeCloseToTensor(matMul(a, b), tolerance('exact'));
  });
});

function transposed(values: Float32Array, size: number): Float32Array {
  return values.map((_, i) => values[(i % size) * size + Math.floor(i / size)]);
}

describeOnCpu('setMatmulPrecision on %s', (device) => {
  useDevice(device);

  it('has float32, and bf16 on avx512 alone', () => {
    setMatmulPrecision('float32');
    if (device === 'cpu:avx512') return;
    expect(() => setMatmulPrecision('bf16')).toThrowCode('PRECISION', /device cpu cannot multiply in bf16\..*avx512/);
  });
});
