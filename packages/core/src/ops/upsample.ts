// SPDX-License-Identifier: Apache-2.0
// Resizing of spatial axes: to the nearest element, or linear between neighbours.

import { checkBoolean, checkFloat, checkInteger, checkNumber, checkOneOf, checkOptions, checkRank } from '../check.ts';
import { ArgumentError, ShapeError } from '../errors.ts';
import { type Tensor, tidy } from '../tf.ts';
import { type Taps, copying, resample } from './resample.ts';
import { type PerAxis, perAxis, spatialShape } from './spatial.ts';

/** How an element between others is found, with the number of spatial axes that each mode is for. */
const MODES = { nearest: undefined, linear: 1, bilinear: 2, trilinear: 3 } as const;

/** PyTorch's names: `linear` along one axis is `bilinear` along two and `trilinear` along three. */
export type UpsampleMode = keyof typeof MODES;

export interface UpsampleOptions {
  /** The lengths of the result: one number, or one for each spatial axis. Either this or `scaleFactor`. */
  size?: PerAxis;
  /** The lengths of the result as multiples of those of `x`, rounded down. Either this or `size`. */
  scaleFactor?: number | readonly number[];
  /** Default `nearest`. */
  mode?: UpsampleMode;
  /** Of the linear modes: whether the first and the last elements keep their places; default false. */
  alignCorners?: boolean;
}

/**
 * Checks options, whatever they will be applied to.
 *
 * @throws {ArgumentError} both or neither of `size` and `scaleFactor`, `alignCorners` with `nearest`, or an unknown option
 */
export function checkUpsample(op: string, options: UpsampleOptions): void {
  checkOptions(op, options, ['size', 'scaleFactor', 'mode', 'alignCorners']);
  const { size, scaleFactor, mode = 'nearest', alignCorners = false } = options;
  checkOneOf(op, 'mode', mode, Object.keys(MODES));
  checkBoolean(op, 'alignCorners', alignCorners);
  if ((size === undefined) === (scaleFactor === undefined)) {
    const received = size === undefined ? 'none of them' : 'both';
    throw new ArgumentError({ op, argument: 'size or scaleFactor', expected: 'to be given', received });
  }
  for (const length of [size ?? []].flat()) checkInteger(op, 'size', length, { minimum: 1 });
  for (const factor of [scaleFactor ?? []].flat()) checkNumber(op, 'scaleFactor', factor, { above: 0 });
  if (mode === 'nearest' && alignCorners) {
    const hint = 'There is nothing to align where elements are copied.';
    throw new ArgumentError({ op, argument: 'alignCorners', expected: 'to be false', received: 'true', hint });
  }
}

/** The length of each axis of the result, and input positions per output position as PyTorch computes them. */
interface Scale {
  readonly outLength: number;
  readonly ratio: number;
}

function scales(op: string, lengths: readonly number[], { size, scaleFactor = 1 }: UpsampleOptions): Scale[] {
  const axes = lengths.length;
  if (size !== undefined) {
    return perAxis(op, 'size', size, axes, 1).map((outLength, axis) => ({
      outLength,
      ratio: lengths[axis] / outLength,
    }));
  }
  const isList = typeof scaleFactor !== 'number';
  if (isList && scaleFactor.length !== axes) {
    const expected = `to be a number, or a list of ${axes}`;
    throw new ArgumentError({ op, argument: 'scaleFactor', expected, received: `a list of ${scaleFactor.length}` });
  }
  return lengths.map((length, axis) => {
    const factor = isList ? scaleFactor[axis] : scaleFactor;
    checkNumber(op, 'scaleFactor', factor, { above: 0 });
    return { outLength: Math.floor(length * factor), ratio: 1 / factor };
  });
}

/** Output `j` copies input `⌊j · ratio⌋`. */
function nearestTaps(length: number, { outLength, ratio }: Scale): Taps {
  const step = Math.fround(ratio); // PyTorch computes positions in float32, and rounding decides at whole numbers
  return copying(Array.from({ length: outLength }, (_, j) => Math.min(Math.floor(Math.fround(j * step)), length - 1)));
}

/** Output `j` lies at a place between two inputs, and weighs them by its distances. */
function linearTaps(length: number, { outLength, ratio }: Scale, alignCorners: boolean): Taps {
  const step = outLength > 1 ? (length - 1) / (outLength - 1) : 0;
  const places = Array.from({ length: outLength }, (_, j) =>
    alignCorners ? j * step : Math.max(0, (j + 0.5) * ratio - 0.5),
  );
  return {
    taps: 2,
    indices: places.flatMap((place) => {
      const lower = Math.min(Math.floor(place), length - 1);
      return [lower, Math.min(lower + 1, length - 1)];
    }),
    weights: places.flatMap((place) => {
      const upper = place - Math.min(Math.floor(place), length - 1);
      return [1 - upper, upper];
    }),
  };
}

/**
 * Resizes the spatial axes.
 *
 * - `nearest`: output `j` is the input at `⌊j · length / outLength⌋`
 * - `linear`, `bilinear`, `trilinear`: output `j` lies at the place `(j + ½) · length / outLength - ½` of the input, not below 0,
 *   or with `alignCorners` at `j · (length - 1) / (outLength - 1)`, and is the mean of the two elements around it, weighted by
 *   nearness; one axis after the other
 *
 * With a `scaleFactor`, `1 / scaleFactor` takes the place of `length / outLength`.
 *
 * @param x        `[batch, ...spatial, channels]` with one to three spatial axes, float32
 * @param options  `size` or `scaleFactor`: of the result, one number or one for each spatial axis · `mode`: default `nearest` ·
 *                 `alignCorners`: default false
 * @returns        `[batch, ...outSpatial, channels]`
 * @throws {ShapeError} `x` has another rank than the mode is for, or an empty spatial axis
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} both or neither of `size` and `scaleFactor`, a result without elements, or an unknown option
 * @example
 * upsample(tensor3d([[[1], [3]]]), { size: 4, mode: 'linear' }); // [[[1], [1.5], [2.5], [3]]]
 */
export function upsample(x: Tensor, options: UpsampleOptions): Tensor {
  const op = 'upsample';
  checkUpsample(op, options);
  checkFloat(op, { x });
  const { mode = 'nearest', alignCorners = false } = options;
  const axes = MODES[mode];
  checkRank(op, 'x', x, (axes ?? 1) + 2, (axes ?? 3) + 2);
  const lengths = spatialShape(x);
  if (lengths.includes(0))
    throw new ShapeError({ op, argument: 'x', expected: 'without empty axes', received: x.shape });
  const targets = scales(op, lengths, options);
  if (targets.some(({ outLength }) => outLength < 1)) {
    const received = String(options.scaleFactor);
    throw new ArgumentError({ op, argument: 'scaleFactor', expected: 'to leave at least one element', received });
  }
  // The last axis first: the fewer elements it is repeated for, the less is to be computed.
  return tidy(() =>
    targets.reduceRight((resized, target, axis) => {
      const length = lengths[axis];
      const taps = mode === 'nearest' ? nearestTaps(length, target) : linearTaps(length, target, alignCorners);
      return resample(resized, axis + 1, taps);
    }, x),
  );
}
