// SPDX-License-Identifier: Apache-2.0
// Padding of spatial axes in the four ways of PyTorch.

import { checkFloat, checkInteger, checkNumber, checkOneOf, checkOptions, checkRank } from '../check.ts';
import { describeValue } from '../describe-value.ts';
import { ArgumentError, formatShape } from '../errors.ts';
import { type Tensor, pad, tidy } from '../tf.ts';
import { copying, resample } from './resample.ts';
import { perAxis, spatialShape } from './spatial.ts';

export const PAD_MODES = ['constant', 'reflect', 'replicate', 'circular'] as const;

/** What is written around the elements. */
export type PadMode = (typeof PAD_MODES)[number];

/** Positions added to a spatial axis: before and after it. */
export type PadWidths = readonly [before: number, after: number];

/** The same number on every side, or `[before, after]` for each spatial axis. */
export type Padding = number | readonly PadWidths[];

export interface PadSpatialOptions {
  /** Default `constant`. */
  mode?: PadMode;
  /** Of `constant`; default 0. */
  value?: number;
}

/** For each mode, the position that is shown at position `i` outside of an axis of `length`. */
const SOURCES: Readonly<Record<Exclude<PadMode, 'constant'>, (i: number, length: number) => number>> = {
  reflect: (i, length) => (i < 0 ? -i : 2 * (length - 1) - i),
  replicate: (i, length) => (i < 0 ? 0 : length - 1),
  circular: (i, length) => (i < 0 ? i + length : i - length),
};

/** The widest padding of an axis that a mode can fill. */
const WIDEST: Readonly<Record<PadMode, (length: number) => number>> = {
  constant: () => Infinity,
  reflect: (length) => length - 1,
  replicate: (length) => (length === 0 ? 0 : Infinity),
  circular: (length) => length,
};

/**
 * The widths of every spatial axis.
 *
 * @throws {ArgumentError} not an integer >= 0, and no list of `axes` pairs of them (code `ARGUMENT`)
 */
export function padWidths(op: string, padding: Padding, axes: number): PadWidths[] {
  if (typeof padding === 'number') return perAxis(op, 'padding', padding, axes, 0).map((width) => [width, width]);
  if (!isPairs(padding) || padding.length !== axes) {
    const expected = `to be an integer, or a list of ${axes} pairs [before, after]`;
    throw new ArgumentError({ op, argument: 'padding', expected, received: describeValue(padding) });
  }
  for (const pair of padding) for (const width of pair) checkInteger(op, 'padding', width, { minimum: 0 });
  return [...padding];
}

/** Whether it is a list of pairs, of whatever. */
export function isPairs(value: unknown): value is readonly PadWidths[] {
  return Array.isArray(value) && value.every((pair: unknown) => Array.isArray(pair) && pair.length === 2);
}

/**
 * Adds positions around the spatial axes. What they hold:
 *
 * - `constant`: a number, `v v [a b c] v v`
 * - `reflect`: the mirror image without the edge, `c b [a b c] b a`; narrower than the axis
 * - `replicate`: the edge, `a a [a b c] c c`
 * - `circular`: the other end, `b c [a b c] a b`; at most as wide as the axis
 *
 * @param x        `[batch, ...spatial, channels]`, float32
 * @param padding  one number for every side, or `[before, after]` for each spatial axis
 * @param options  `mode`: default `constant` · `value`: of `constant`, default 0
 * @returns        `[batch, ...padded, channels]`
 * @throws {ShapeError} `x` has fewer than three axes
 * @throws {DTypeError} `x` is not float32
 * @throws {ArgumentError} widths of another form, wider than the mode can fill, or an unknown option
 * @example
 * padSpatial(tensor3d([[[1], [2], [3]]]), 1, { mode: 'reflect' }); // [[[2], [1], [2], [3], [2]]]
 */
export function padSpatial(x: Tensor, padding: Padding, options: PadSpatialOptions = {}): Tensor {
  const op = 'padSpatial';
  checkOptions(op, options, ['mode', 'value']);
  checkFloat(op, { x });
  checkRank(op, 'x', x, 3, Infinity);
  const { mode = 'constant', value = 0 } = options;
  checkOneOf(op, 'mode', mode, PAD_MODES);
  checkPadValue(op, value);
  const lengths = spatialShape(x);
  const widths = padWidths(op, padding, lengths.length);
  lengths.forEach((length, axis) => {
    const widest = WIDEST[mode](length);
    if (widths[axis].every((width) => width <= widest)) return;
    const expected = `to be at most ${widest} along spatial axis ${axis} with mode "${mode}"`;
    const received = formatShape(widths[axis]);
    const hint = `The shape of x is ${formatShape(x.shape)}.`;
    throw new ArgumentError({ op, argument: 'padding', expected, received, hint });
  });
  if (mode === 'constant') {
    return pad(x, [[0, 0], ...widths.map(([before, after]): [number, number] => [before, after]), [0, 0]], value);
  }
  return tidy(() =>
    lengths.reduce((padded, length, axis) => {
      const [before, after] = widths[axis];
      if (before === 0 && after === 0) return padded;
      const positions = Array.from({ length: before + length + after }, (_, j) => {
        const i = j - before;
        return i >= 0 && i < length ? i : SOURCES[mode](i, length);
      });
      return resample(padded, axis + 1, copying(positions));
    }, x.clone()),
  );
}

/** @throws {ArgumentError} no number (code `ARGUMENT`); infinities and NaN are numbers to pad with */
export function checkPadValue(op: string, value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) return;
  checkNumber(op, 'value', value);
}
