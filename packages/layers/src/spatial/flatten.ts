// SPDX-License-Identifier: Apache-2.0
// Between images and rows of features, in the element order of PyTorch.

import {
  ArgumentError,
  type Tensor,
  checkFloat,
  checkInstance,
  checkInteger,
  checkRank,
  checkShape,
  describeValue,
  reshape,
  tidy,
  transpose,
} from '@nabla/core';

import { Module } from '../module.ts';

/**
 * Makes one row of features of each example. Activations are channels last here, but the row has PyTorch's order, channels
 * first: `out[b, (c · height + y) · width + x] = in[b, y, x, c]`. So a Linear layer behind it has the weights that it has in
 * PyTorch, and published weights fit.
 *
 * @example
 * new Flatten().forward(tensor4d([[[[1, 10], [2, 20]]]])); // [[1, 2, 10, 20]]
 */
export class Flatten extends Module {
  /** `[batch, ...spatial, channels]` → `[batch, channels · spatial]`; `[batch, features]` stays as it is. */
  override forward(x: Tensor): Tensor {
    checkFloat('Flatten', { x });
    checkRank('Flatten', 'x', x, 2, Infinity);
    if (x.shape.length === 2) return x;
    return tidy(() => {
      const spatial = x.shape.slice(1, -1).map((_, i) => i + 1);
      const channelsFirst = transpose(x, [0, x.shape.length - 1, ...spatial]);
      const [batch, ...rest] = channelsFirst.shape;
      return reshape(channelsFirst, [batch, rest.reduce((product, length) => product * length, 1)]);
    });
  }
}

/**
 * The inverse of {@link Flatten}: makes an image, a sequence or a volume of each row, whose features are channels first.
 *
 * @example
 * new Unflatten([1, 2, 2]).forward(tensor2d([[1, 2, 10, 20]])); // [[[[1, 10], [2, 20]]]]
 */
export class Unflatten extends Module {
  readonly sizes: readonly number[]; // [...spatial, channels]
  readonly #channels: number;

  /** @param sizes  `[...spatial, channels]` of the result, such as `[height, width, channels]` */
  constructor(sizes: readonly number[]) {
    super();
    checkInstance('Unflatten', 'sizes', sizes, Array);
    if (sizes.length === 0) {
      const expected = 'to be a list [...spatial, channels]';
      throw new ArgumentError({ op: 'Unflatten', argument: 'sizes', expected, received: describeValue(sizes) });
    }
    for (const size of sizes) checkInteger('Unflatten', 'sizes', size, { minimum: 1 });
    this.sizes = [...sizes];
    this.#channels = Number(sizes.at(-1));
  }

  /** `[batch, channels · spatial]` → `[batch, ...spatial, channels]`. */
  override forward(x: Tensor): Tensor {
    const features = this.sizes.reduce((product, length) => product * length, 1);
    checkFloat('Unflatten', { x });
    checkShape('Unflatten', 'x', x, ['batch', features], `It becomes [batch, ${this.sizes.join(', ')}].`);
    const spatial = this.sizes.slice(0, -1);
    return tidy(() => {
      const channelsFirst = reshape(x, [x.shape[0], this.#channels, ...spatial]);
      return transpose(channelsFirst, [0, ...spatial.map((_, i) => i + 2), 1]);
    });
  }
}
