// SPDX-License-Identifier: Apache-2.0
// Padding of sequences and images as layers, by PyTorch's names.

import {
  type PadMode,
  type Padding,
  type PadWidths,
  type Tensor,
  checkPadValue,
  checkRank,
  padSpatial,
  padWidths,
} from '@nabla/core';

import { Module } from '../module.ts';

/** What all paddings share: widths, and what is written there. */
abstract class Pad extends Module {
  readonly padding: readonly PadWidths[];
  readonly mode: PadMode;
  readonly value: number;

  constructor(axes: number, padding: Padding, mode: PadMode, value = 0) {
    super();
    const op = new.target.name;
    this.padding = padWidths(op, padding, axes);
    checkPadValue(op, value);
    this.mode = mode;
    this.value = value;
  }

  /** `[batch, ...spatial, channels]` → `[batch, ...padded, channels]`. */
  override forward(x: Tensor): Tensor {
    checkRank(this.constructor.name, 'x', x, this.padding.length + 2);
    return padSpatial(x, this.padding, { mode: this.mode, value: this.value });
  }
}

/**
 * Surrounds a sequence `[batch, length, channels]` with a number. See {@link padSpatial}; `padding` is one number for both
 * sides, or `[[before, after]]`.
 *
 * @example
 * new ConstantPad1d([[1, 0]], 7).forward(tensor3d([[[1], [2]]])); // [[[7], [1], [2]]]
 */
export class ConstantPad1d extends Pad {
  constructor(padding: Padding, value: number) {
    super(1, padding, 'constant', value);
  }
}

/**
 * Surrounds an image `[batch, height, width, channels]` with a number. See {@link padSpatial}; `padding` is one number for all
 * sides, or `[[top, bottom], [left, right]]`.
 *
 * @example
 * new ConstantPad2d(1, 7).forward(ones([2, 3, 4, 5])).shape; // [2, 5, 6, 5]
 */
export class ConstantPad2d extends Pad {
  constructor(padding: Padding, value: number) {
    super(2, padding, 'constant', value);
  }
}

/**
 * Surrounds a sequence with zeros; arguments as in {@link ConstantPad1d}.
 *
 * @example
 * new ZeroPad1d(1).forward(tensor3d([[[1], [2]]])); // [[[0], [1], [2], [0]]]
 */
export class ZeroPad1d extends Pad {
  constructor(padding: Padding) {
    super(1, padding, 'constant');
  }
}

/**
 * Surrounds an image with zeros; arguments as in {@link ConstantPad2d}.
 *
 * @example
 * new ZeroPad2d([[1, 0], [0, 1]]).forward(tensor4d([[[[1]]]])); // [[[[0], [0]], [[1], [0]]]]
 */
export class ZeroPad2d extends Pad {
  constructor(padding: Padding) {
    super(2, padding, 'constant');
  }
}

/**
 * Surrounds a sequence with its mirror image, without repeating the edge; arguments as in {@link ConstantPad1d}.
 *
 * @example
 * new ReflectionPad1d(1).forward(tensor3d([[[1], [2], [3]]])); // [[[2], [1], [2], [3], [2]]]
 */
export class ReflectionPad1d extends Pad {
  constructor(padding: Padding) {
    super(1, padding, 'reflect');
  }
}

/**
 * Surrounds an image with its mirror image, without repeating the edges; arguments as in {@link ConstantPad2d}.
 *
 * @example
 * new ReflectionPad2d(1).forward(ones([2, 3, 4, 5])).shape; // [2, 5, 6, 5]
 */
export class ReflectionPad2d extends Pad {
  constructor(padding: Padding) {
    super(2, padding, 'reflect');
  }
}

/**
 * Surrounds a sequence with its edges; arguments as in {@link ConstantPad1d}.
 *
 * @example
 * new ReplicationPad1d(1).forward(tensor3d([[[1], [2]]])); // [[[1], [1], [2], [2]]]
 */
export class ReplicationPad1d extends Pad {
  constructor(padding: Padding) {
    super(1, padding, 'replicate');
  }
}

/**
 * Surrounds an image with its edges; arguments as in {@link ConstantPad2d}.
 *
 * @example
 * new ReplicationPad2d(1).forward(ones([2, 3, 4, 5])).shape; // [2, 5, 6, 5]
 */
export class ReplicationPad2d extends Pad {
  constructor(padding: Padding) {
    super(2, padding, 'replicate');
  }
}

/**
 * Surrounds a sequence with its other end; arguments as in {@link ConstantPad1d}.
 *
 * @example
 * new CircularPad1d(1).forward(tensor3d([[[1], [2], [3]]])); // [[[3], [1], [2], [3], [1]]]
 */
export class CircularPad1d extends Pad {
  constructor(padding: Padding) {
    super(1, padding, 'circular');
  }
}

/**
 * Surrounds an image with its other ends; arguments as in {@link ConstantPad2d}.
 *
 * @example
 * new CircularPad2d(1).forward(ones([2, 3, 4, 5])).shape; // [2, 5, 6, 5]
 */
export class CircularPad2d extends Pad {
  constructor(padding: Padding) {
    super(2, padding, 'circular');
  }
}
