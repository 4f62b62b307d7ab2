// SPDX-License-Identifier: Apache-2.0
// One row per pooling layer of @nabla/layers.

import type { AveragePoolOptions, MaxPoolOptions, PerAxis } from '@nabla/core';
import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { type Fixtures, golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

type Pool = Fixtures['pool']['options']['pool'];

/** The row of a pooling along as many axes as `shape` has spatial ones; golden values are those of the same number of axes. */
function pooling(
  pool: Pool,
  make: (size: PerAxis, options: AveragePoolOptions & MaxPoolOptions) => layers.Layer,
  shape: readonly number[],
  output: readonly number[],
): LayerRow {
  return layerRow<layers.Layer>({
    make: () => make(2, {}),
    inputs: () => [randomTensor(shape, { seed: 1 })],
    forward: (layer, x) => layer.forward(x),
    output,
    parameters: {},
    golden: golden('pool')
      .cases.filter((recorded) => recorded.options.pool === pool && recorded.output.shape.length === shape.length)
      .map((recorded) => ({
        recorded,
        make: () => make(recorded.options.size, recorded.options.options),
        forward: (layer, { x }) => layer.forward(x),
      })),
  });
}

const [sequence, image, volume] = [
  [2, 7, 3],
  [2, 5, 4, 3],
  [2, 3, 5, 4, 3],
];

/** Rows by the name of the class. */
export const poolRows: Readonly<Record<string, LayerRow>> = {
  AdaptiveAvgPool1d: pooling('adaptiveAveragePool', (size) => new layers.AdaptiveAvgPool1d(size), sequence, [2, 2, 3]),
  AdaptiveAvgPool2d: pooling('adaptiveAveragePool', (size) => new layers.AdaptiveAvgPool2d(size), image, [2, 2, 2, 3]),
  AdaptiveMaxPool2d: pooling('adaptiveMaxPool', (size) => new layers.AdaptiveMaxPool2d(size), image, [2, 2, 2, 3]),
  AvgPool1d: pooling('averagePool', (size, options) => new layers.AvgPool1d(size, options), sequence, [2, 3, 3]),
  AvgPool2d: pooling('averagePool', (size, options) => new layers.AvgPool2d(size, options), image, [2, 2, 2, 3]),
  AvgPool3d: pooling('averagePool', (size, options) => new layers.AvgPool3d(size, options), volume, [2, 1, 2, 2, 3]),
  MaxPool1d: pooling('maxPool', (size, options) => new layers.MaxPool1d(size, options), sequence, [2, 3, 3]),
  MaxPool2d: pooling('maxPool', (size, options) => new layers.MaxPool2d(size, options), image, [2, 2, 2, 3]),
  MaxPool3d: pooling('maxPool', (size, options) => new layers.MaxPool3d(size, options), volume, [2, 1, 2, 2, 3]),
};
