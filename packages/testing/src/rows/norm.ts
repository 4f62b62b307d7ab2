// SPDX-License-Identifier: Apache-2.0
// One row per layer of @nabla/layers that normalizes channels.

import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

const affine = { weight: [3], bias: [3] };

/** A row of batch normalization, for inputs of some shapes; `axes` are the numbers of spatial axes that it has. */
function batchNorm(
  make: (channels: number, options: layers.BatchNormLayerOptions) => layers.Layer,
  shape: readonly number[],
  axes: readonly number[],
): LayerRow {
  return layerRow<layers.Layer>({
    make: () => make(3, {}),
    inputs: () => [randomTensor(shape, { seed: 1 })],
    forward: (layer, x) => layer.forward(x),
    output: shape,
    parameters: affine,
    differsInTraining: true,
    golden: golden('batch_norm')
      .cases.filter(({ options }) => axes.includes(options.axes))
      .map((recorded) => ({
        recorded,
        make: () => {
          const { channels, epsilon, affine } = recorded.options;
          return make(channels, { epsilon, affine });
        },
        forward: (layer, { x }) => layer.forward(x),
      })),
  });
}

/** A row of instance normalization. */
function instanceNorm(
  make: (channels: number, options: layers.InstanceNormOptions) => layers.Layer,
  shape: readonly number[],
): LayerRow {
  return layerRow<layers.Layer>({
    make: () => make(3, { affine: true }),
    inputs: () => [randomTensor(shape, { seed: 1 })],
    forward: (layer, x) => layer.forward(x),
    output: shape,
    parameters: affine,
    golden: golden('group_norm')
      .cases.filter(({ options, output }) => options.groups === null && output.shape.length === shape.length)
      .map((recorded) => ({
        recorded,
        make: () => {
          const { channels, epsilon, affine } = recorded.options;
          return make(channels, { epsilon, affine });
        },
        forward: (layer, { x }) => layer.forward(x),
      })),
  });
}

const groupNorm = layerRow<layers.GroupNorm>({
  make: () => new layers.GroupNorm(3, 6),
  inputs: () => [randomTensor([2, 4, 6], { seed: 1 })],
  forward: (layer, x) => layer.forward(x),
  output: [2, 4, 6],
  parameters: { weight: [6], bias: [6] },
  golden: golden('group_norm').cases.flatMap((recorded) => {
    const { groups, channels, epsilon, affine } = recorded.options;
    if (groups === null) return [];
    return [
      {
        recorded,
        make: () => new layers.GroupNorm(groups, channels, { epsilon, affine }),
        forward: (layer, { x }) => layer.forward(x),
      },
    ];
  }),
});

/** Rows by the name of the class. */
export const normRows: Readonly<Record<string, LayerRow>> = {
  BatchNorm1d: batchNorm((channels, options) => new layers.BatchNorm1d(channels, options), [4, 3], [0, 1]),
  BatchNorm2d: batchNorm((channels, options) => new layers.BatchNorm2d(channels, options), [2, 4, 5, 3], [2]),
  BatchNorm3d: batchNorm((channels, options) => new layers.BatchNorm3d(channels, options), [2, 2, 4, 2, 3], [3]),
  GroupNorm: groupNorm,
  InstanceNorm1d: instanceNorm((channels, options) => new layers.InstanceNorm1d(channels, options), [2, 5, 3]),
  InstanceNorm2d: instanceNorm((channels, options) => new layers.InstanceNorm2d(channels, options), [2, 4, 5, 3]),
};
