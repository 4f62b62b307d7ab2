// SPDX-License-Identifier: Apache-2.0
// Tests of the comparison with golden values, on formulas written with tfjs-core's own operations.

import { type Tensor, add, gather, matMul, mul, reshape, sigmoid, softmax, transpose, where } from '@nabla/core';
import { type Tensors, checkGolden } from './check-golden.ts';
import { devices, useDevice } from './devices.ts';
import { type ForwardCase, golden } from './golden.ts';
import { tolerance } from './tolerances.ts';

function plainLinear({ x }: Tensors, { weight, bias }: Tensors): Tensor {
  const [outputs, inputs] = weight.shape;
  const y = matMul(reshape(x, [-1, inputs]), weight, false, true);
  return reshape(bias === undefined ? y : add(y, bias), [...x.shape.slice(0, -1), outputs]);
}

function plainAttention({ query, key, value, mask }: Tensors): Tensor {
  const scores = mul(matMul(query, transpose(key, [0, 1, 3, 2])), (query.shape.at(-1) ?? 1) ** -0.5);
  return matMul(softmax(mask === undefined ? scores : where(mask, scores, -1e30)), value);
}

describe.each(devices())('checkGolden on %s', (device) => {
  useDevice(device);

  const linears = golden('linear').cases.filter(({ options }) => options.activation === null);
  it.each(linears)('accepts a linear map: $name', (recorded) => checkGolden(recorded, plainLinear));

  it.each(golden('embedding').cases)('accepts a lookup: $name', (recorded) => {
    checkGolden(recorded, ({ indices }, { weight }) => gather(weight, indices), tolerance('elementwise'));
  });

  const attentions = golden('attention').cases.filter(
    ({ name, options }) => !options.causal && !/empty|nothing|0.25|float mask|heads share/.test(name),
  );
  it.each(attentions)('accepts attention: $name', (recorded) => checkGolden(recorded, plainAttention));

  const [sigmoids] = golden('activations').cases.filter(({ options }) => options.activation === 'sigmoid');
  const refused: [string, (inputs: Tensors) => Tensor, RegExp][] = [
    ['another value', ({ x }) => mul(sigmoid(x), 1.001), /^output: \d+ of 51 elements differ/],
    ['another shape', ({ x }) => reshape(sigmoid(x), [-1]), /^output: expected shape \[3, 17\], received \[51\]/],
  ];
  it.each(refused)('refuses %s', (_, f, message) => {
    expect(() => checkGolden(sigmoids, f)).toThrow(message);
  });

  it('refuses another gradient', () => {
    const { x, ...rest } = sigmoids.inputGradients;
    const moved = { ...x, values: Array.from(x.values, (value, i) => (i === 5 ? value + 0.01 : value)) };
    const changed: ForwardCase<unknown> = { ...sigmoids, inputGradients: { ...rest, x: moved } };
    expect(() => checkGolden(changed, ({ x }) => sigmoid(x))).toThrow(
      /^gradient of x: 1 of 51 elements differ[^]*\[0, 5\]/,
    );
  });
});
