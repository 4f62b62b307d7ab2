// SPDX-License-Identifier: Apache-2.0
// The affine map: checks, the plain formula, the fused kernel and its gradient.

import { ACTIVATIONS, type Activation } from '../backend/definitions/activation.ts';
import { type LinearAttributes, savesInput } from '../backend/definitions/linear.ts';
import { checkBoolean, checkFloat, checkOneOf, checkOptions, checkRank, checkShape } from '../check.ts';
import { formatShape } from '../errors.ts';
import { sameShape, sizeOf } from '../shape.ts';
import { type Tensor, add, engine, matMul, mul, relu, reshape, sigmoid, tanh } from '../tf.ts';
import { plainGelu } from './gelu.ts';
import { defineGradient, runFused, runKernelForOne } from './run.ts';

/** What can follow a linear map. */
export type LinearActivation = Activation;

export interface LinearOptions {
  /** Applied to the result; default `none`. */
  activation?: LinearActivation;
  /** Whether weight is `[inputs, outputs]`, as published GPT-2s have it, and not its transpose; default false. */
  inputsFirst?: boolean;
}

/**
 * `activation(x · weightᵀ + bias)`, or `activation(x · weight + bias)` where the inputs of weight come first.
 *
 * @param x       `[...batch, inputs]`, float32
 * @param weight  `[outputs, inputs]`, or `[inputs, outputs]`
 * @param bias    `[outputs]`, or undefined for none
 * @param options `activation`: `none`, `relu`, `sigmoid`, `tanh`, `gelu`, `geluTanh` or `silu` · `inputsFirst`: which of weight's
 *   axes is which
 * @returns       `[...batch, outputs]`
 * @throws {ShapeError} weight is no matrix, x has no axis or another number of inputs, or bias is not `[outputs]`
 * @throws {ArgumentError} an unknown activation, or an option of another type
 * @example
 * linear(tensor2d([[1, 2]]), tensor2d([[3, 4]]), tensor1d([5])); // [[16]]
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor, options: LinearOptions = {}): Tensor {
  checkOptions('linear', options, ['activation', 'inputsFirst']);
  checkFloat('linear', bias === undefined ? { x, weight } : { x, weight, bias });
  checkRank('linear', 'x', x, 1, Infinity);
  const { activation = 'none', inputsFirst = false } = options;
  checkOneOf('linear', 'activation', activation, ACTIVATIONS);
  checkBoolean('linear', 'inputsFirst', inputsFirst);
  checkShape('linear', 'weight', weight, inputsFirst ? ['inputs', 'outputs'] : ['outputs', 'inputs']);
  const [first, second] = weight.shape;
  const [inputs, outputs] = inputsFirst ? [first, second] : [second, first];
  const hint = (): string => `weight has shape ${formatShape(weight.shape)}.`;
  checkShape('linear', 'x', x, ['...batch', inputs], hint);
  if (bias !== undefined) checkShape('linear', 'bias', bias, [outputs], hint);
  const attributes: LinearAttributes = { activation, inputsFirst, isRecorded: engine().isTapeOn() };
  return runFused('NablaLinear', bias === undefined ? { x, weight } : { x, weight, bias }, attributes);
}

/** The activations, op by op. */
export const PLAIN_ACTIVATIONS: Readonly<Record<LinearActivation, (x: Tensor) => Tensor>> = {
  none: (x) => x,
  relu,
  sigmoid,
  tanh,
  gelu: (x) => plainGelu(x),
  geluTanh: (x) => plainGelu(x, { approximate: 'tanh' }),
  silu: (x) => mul(x, sigmoid(x)),
};

/** The formula of {@link linear}, op by op. */
export function plainLinear(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { activation = 'none', inputsFirst = false }: LinearOptions = {},
): Tensor {
  const [first, second] = weight.shape;
  const [outputs, inputs] = inputsFirst ? [second, first] : [first, second];
  const product = matMul(reshape(x, [-1, inputs]), weight, false, !inputsFirst); // [rows, outputs]
  const shifted = bias === undefined ? product : add(product, bias);
  return reshape(PLAIN_ACTIVATIONS[activation](shifted), [...x.shape.slice(0, -1), outputs]);
}

defineGradient<LinearAttributes>({
  kernelName: 'NablaLinear',
  savedInputs: ['x', 'weight'],
  savedOutputs: ({ activation }) => (savesInput(activation) ? [false, true] : [activation !== 'none']),
  gradient: (gradOut, [x, weight, saved], { activation, inputsFirst = false }) => {
    const gradInto = asRows(
      activation === 'none' ? gradOut : runKernelForOne('NablaActivationGrad', { gradOut, saved }, { activation }),
    );
    return {
      x: () => asShape(product(gradInto, weight, false, inputsFirst), x.shape), // [rows, outputs] · [outputs, inputs]
      weight: () =>
        inputsFirst
          ? product(asRows(x), gradInto, true) // [inputs, rows] · [rows, outputs]
          : product(gradInto, asRows(x), true), // [outputs, rows] · [rows, inputs]
      bias: () => runKernelForOne('Sum', { x: gradInto }, { axis: [0], keepDims: false }),
    };
  },
  plain: ({ activation, inputsFirst = false }) =>
    savesInput(activation)
      ? ({ x, weight, bias }) => PLAIN_ACTIVATIONS[activation](linear(x, weight, bias, { inputsFirst }))
      : undefined,
});

function product(a: Tensor, b: Tensor, transposeA: boolean, transposeB = false): Tensor {
  return runKernelForOne('BatchMatMul', { a, b }, { transposeA, transposeB });
}

function asRows(x: Tensor): Tensor {
  return asShape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.shape.length - 1]]);
}

function asShape(x: Tensor, shape: number[]): Tensor {
  return sameShape(x.shape, shape) ? x : reshape(x, shape);
}
