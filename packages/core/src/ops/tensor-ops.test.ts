// SPDX-License-Identifier: Apache-2.0
// The operations on tensors that Nabla adds to those of tfjs-core, against PyTorch on every device. What golden values cannot show
// of each stands in its own test.

import { type Tensors, checkGolden, devices, golden, useDevice } from '@nabla/testing';
import { type Tensor, tensor } from '../tf.ts';
import * as ops from './index.ts';

type Options = ReturnType<typeof golden<'tensor_ops'>>['cases'][number]['options'];

const mask = (): Tensor => tensor([1, 0, 1], [3, 1], 'bool');

const OPS: Readonly<Record<string, (inputs: Tensors, options: Options) => Tensor>> = {
  clamp: ({ a }, { bounds = {} }) => ops.clamp(a, bounds),
  cumulativeMax: ({ a }, { axis }) => ops.cumulativeMax(a, axis).values,
  diagonal: ({ a }, { offset }) => ops.diagonal(a, offset),
  gatherAlong: ({ a, b }, { axis }) => ops.gatherAlong(a, b, axis),
  maskedFill: ({ a }, { value = 0 }) => ops.maskedFill(a, mask(), value),
  repeatInterleave: ({ a }, { times = 1, axis }) => ops.repeatInterleave(a, times, axis),
  roll: ({ a }, { shift = 0, axes }) => ops.roll(a, shift, axes),
  scatterAdd: ({ a, b, c }, { axis }) => ops.scatterAdd(a, b, c, axis),
  sort: ({ a }, { axis = -1, descending = false }) => ops.sort(a, { axis, descending }).values,
  topk: ({ a }, { axis = -1, largest = true }) => ops.topk(a, 2, { axis, largest }).values,
  trace: ({ a }) => ops.trace(a),
  tril: ({ a }, { offset }) => ops.tril(a, offset),
  triu: ({ a }, { offset }) => ops.triu(a, offset),
  vectorNorm: ({ a }, { order, axes = [] }) =>
    ops.vectorNorm(a, { order: Number((order ?? '2').replace('inf', 'Infinity')), axis: axes }),
};

describe.each(devices())('tensor operations on %s', (device) => {
  useDevice(device);

  it.each(golden('tensor_ops').cases)('equal PyTorch: $name', (recorded) => {
    checkGolden(recorded, (inputs) => OPS[recorded.options.op](inputs, recorded.options));
  });
});

it('shows every operation', () => {
  const recorded = golden('tensor_ops').cases.map(({ options }) => options.op);
  expect([...new Set(recorded)].sort()).toEqual(Object.keys(OPS).sort());
});
