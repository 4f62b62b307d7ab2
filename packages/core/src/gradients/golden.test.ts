// SPDX-License-Identifier: Apache-2.0
// The operations of tfjs-core that models use most, forward and backward, against PyTorch on every device.

import { checkGolden, devices, golden, useDevice } from '@nabla/testing';
import { broadcastTo, cumprod, cumsum, logSumExp, max, min, mirrorPad, where } from '../ops/index.ts';
import * as tf from '../tf.ts';

interface Options {
  readonly axis?: number;
  readonly axes?: number[];
  readonly keepDims?: boolean;
}
type Run = (inputs: tf.Tensor[], options: Required<Options>) => tf.Tensor;

const unary =
  (f: (x: tf.Tensor) => tf.Tensor): Run =>
  (inputs) =>
    f(inputs[0]);
const binary = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Run => (inputs) => f(inputs[0], inputs[1]); // prettier-ignore
const reduction = (f: (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor): Run => (inputs, { axes, keepDims }) =>
  f(inputs[0], axes, keepDims); // prettier-ignore
const along = (f: (x: tf.Tensor, axis: number) => tf.Tensor): Run => (inputs, { axis }) => f(inputs[0], axis); // prettier-ignore

const condition = (): tf.Tensor => tf.tensor1d([true, false, true], 'bool');

const OPS: Readonly<Record<string, Run>> = {
  abs: unary(tf.abs),
  cos: unary(tf.cos),
  elu: unary(tf.elu),
  erf: unary(tf.erf),
  exp: unary(tf.exp),
  expm1: unary(tf.expm1),
  floor: unary((x) => tf.add(tf.floor(x), tf.mul(x, 0))),
  log: unary(tf.log),
  log1p: unary(tf.log1p),
  neg: unary(tf.neg),
  reciprocal: unary(tf.reciprocal),
  relu: unary(tf.relu),
  rsqrt: unary(tf.rsqrt),
  selu: unary(tf.selu),
  sigmoid: unary(tf.sigmoid),
  sign: unary(tf.sign),
  sin: unary(tf.sin),
  softplus: unary(tf.softplus),
  sqrt: unary(tf.sqrt),
  square: unary(tf.square),
  tan: unary(tf.tan),
  tanh: unary(tf.tanh),
  add: binary(tf.add),
  atan2: binary(tf.atan2),
  div: binary(tf.div),
  matMul: binary((a, b) => tf.matMul(a, b)),
  maximum: binary(tf.maximum),
  minimum: binary(tf.minimum),
  mul: binary(tf.mul),
  pow: binary(tf.pow),
  squaredDifference: binary(tf.squaredDifference),
  sub: binary(tf.sub),
  logSumExp: reduction(logSumExp),
  max: reduction(max),
  mean: reduction(tf.mean),
  min: reduction(min),
  prod: reduction(tf.prod),
  sum: reduction(tf.sum),
  cumprod: along(cumprod),
  cumsum: along(cumsum),
  gather: along((x, axis) => tf.gather(x, tf.tensor1d([1, 0, 1], 'int32'), axis)),
  reverse: along(tf.reverse),
  // tfjs has a softmax of the last axis alone.
  softmax: along((x, axis) => {
    const swapped = x.shape.map((_, i) => (i === axis ? 2 : i === 2 ? axis : i));
    return tf.transpose(tf.softmax(tf.transpose(x, swapped)), swapped);
  }),
  concat: (inputs, { axis }) => tf.concat(inputs, axis),
  stack: (inputs, { axis }) => tf.stack(inputs, axis),
  broadcastTo: unary((x) => broadcastTo(x, [2, 3, 2])),
  clipByValue: unary((x) => tf.clipByValue(x, -0.5, 0.5)),
  mirrorPad: unary((x) => mirrorPad(x, [[0, 0], [2, 1]], 'reflect')), // prettier-ignore
  pad: unary((x) => tf.pad(x, [[1, 3], [2, 0]], 0.5)), // prettier-ignore
  slice: unary((x) => tf.slice(x, [1, 0], [2, 2])),
  tile: unary((x) => tf.tile(x, [2, 1, 3])),
  transpose: unary((x) => tf.transpose(x, [2, 0, 1])),
  where: binary((a, b) => where(condition(), a, b)),
};

describe.each(devices())('operations of tfjs on %s', (device) => {
  useDevice(device);

  it.each(golden('tfjs_gradients').cases)('equal PyTorch: $name', (recorded) => {
    const { op, axis = 0, axes = [], keepDims = false } = recorded.options;
    checkGolden(recorded, (inputs) => OPS[op](Object.values(inputs), { axis, axes, keepDims }));
  });
});

it('shows every operation', () => {
  const recorded = golden('tfjs_gradients').cases.map(({ options }) => options.op);
  expect([...new Set(recorded)].sort()).toEqual(Object.keys(OPS).sort());
});
