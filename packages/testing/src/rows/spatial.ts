// SPDX-License-Identifier: Apache-2.0
// One row per layer of @nabla/layers that pads, resizes or rearranges.

import type { PadMode, Padding } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

const [sequence, image] = [
  [2, 4, 3],
  [2, 4, 5, 3],
];

/** The row of a padding of sequences or images; golden values are those of its mode, number of axes and value. */
function padding(
  mode: PadMode,
  make: (padding: Padding, value: number) => layers.Layer,
  shape: readonly number[],
  isZero = false,
): LayerRow {
  return layerRow<layers.Layer>({
    make: () => make(1, 0),
    inputs: () => [randomTensor(shape, { seed: 1 })],
    forward: (layer, x) => layer.forward(x),
    output: shape.map((length, axis) => (axis === 0 || axis === shape.length - 1 ? length : length + 2)),
    parameters: {},
    golden: golden('padding')
      .cases.filter(({ options, output }) => options.mode === mode && output.shape.length === shape.length)
      .filter(({ options }) => !isZero || options.value === 0)
      .map((recorded) => ({
        recorded,
        make: () => make(recorded.options.padding, recorded.options.value),
        forward: (layer, { x }) => layer.forward(x),
      })),
  });
}

const upsample = layerRow<layers.Upsample>({
  make: () => new layers.Upsample({ scaleFactor: 2 }),
  inputs: () => [randomTensor(image, { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 8, 10, 3],
  parameters: {},
  golden: golden('upsample').cases.map((recorded) => ({
    recorded,
    make: () => new layers.Upsample(recorded.options),
    forward: (layer, { x }) => layer.forward(x),
  })),
});

/** The row of a layer that only moves elements; `make` receives the options of its golden cases. */
function rearrange(
  name: string,
  make: (options: { readonly factor: number; readonly sizes: number[] }) => layers.Layer,
  shape: readonly number[],
  output: readonly number[],
): LayerRow {
  const usual = { factor: 2, sizes: [2, 3, 4] };
  return layerRow<layers.Layer>({
    make: () => make(usual),
    inputs: () => [randomTensor(shape, { seed: 1 })],
    forward: (layer, x) => layer.forward(x),
    output,
    parameters: {},
    golden: golden('rearrange')
      .cases.filter(({ options }) => options.layer === name)
      .map((recorded) => ({
        recorded,
        make: () => make({ ...usual, ...recorded.options }),
        forward: (layer, { x }) => layer.forward(x),
      })),
  });
}

const identity = layerRow<layers.Identity>({
  make: () => new layers.Identity(),
  inputs: () => [randomTensor(sequence, { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: sequence,
  parameters: {},
});

/** Rows by the name of the class. */
export const spatialRows: Readonly<Record<string, LayerRow>> = {
  CircularPad1d: padding('circular', (widths) => new layers.CircularPad1d(widths), sequence),
  CircularPad2d: padding('circular', (widths) => new layers.CircularPad2d(widths), image),
  ConstantPad1d: padding('constant', (widths, value) => new layers.ConstantPad1d(widths, value), sequence),
  ConstantPad2d: padding('constant', (widths, value) => new layers.ConstantPad2d(widths, value), image),
  Flatten: rearrange('Flatten', () => new layers.Flatten(), image, [2, 60]),
  Identity: identity,
  PixelShuffle: rearrange('PixelShuffle', ({ factor }) => new layers.PixelShuffle(factor), [1, 3, 2, 8], [1, 6, 4, 2]),
  PixelUnshuffle: rearrange(
    'PixelUnshuffle',
    ({ factor }) => new layers.PixelUnshuffle(factor),
    [1, 6, 4, 2],
    [1, 3, 2, 8],
  ),
  ReflectionPad1d: padding('reflect', (widths) => new layers.ReflectionPad1d(widths), sequence),
  ReflectionPad2d: padding('reflect', (widths) => new layers.ReflectionPad2d(widths), image),
  ReplicationPad1d: padding('replicate', (widths) => new layers.ReplicationPad1d(widths), sequence),
  ReplicationPad2d: padding('replicate', (widths) => new layers.ReplicationPad2d(widths), image),
  Unflatten: rearrange('Unflatten', ({ sizes }) => new layers.Unflatten(sizes), [2, 24], [2, 2, 3, 4]),
  Upsample: upsample,
  ZeroPad1d: padding('constant', (widths) => new layers.ZeroPad1d(widths), sequence, true),
  ZeroPad2d: padding('constant', (widths) => new layers.ZeroPad2d(widths), image, true),
};
