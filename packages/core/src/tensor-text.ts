// SPDX-License-Identifier: Apache-2.0
// Tensors as people and JSON read them: `console.log(x)` shows dtype, shape and values, `JSON.stringify(x)` gives nested lists.

import { formatShape } from './errors.ts';
import { type Shape, rowMajorStrides, sizeOf } from './shape.ts';
import { type Rank, Tensor } from './tf.ts';

declare module '@tensorflow/tfjs-core/dist/tensor.js' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- declarations merge only with the same type parameters
  interface Tensor<R extends Rank = Rank> {
    /** The values as nested lists, a scalar as a number: what `JSON.stringify` writes. */
    toJSON(): unknown;
  }
}

Object.defineProperty(Tensor.prototype, 'toJSON', {
  configurable: true,
  value(this: Tensor): unknown {
    return this.arraySync();
  },
});

// What Node's console.log calls; found by its name, so that nothing of Node is imported.
Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  configurable: true,
  value(this: Tensor, depth: number): string {
    return depth < 0 ? `[${head(this)}]` : formatTensor(this);
  },
});

/** Of tensors with more elements, three at either end of each axis are shown. */
const MOST_SHOWN = 1000;
const EDGE = 3;
/** Tensors with more elements are not read: it would take a while, from a GPU in particular. */
const MOST_READ = 2 ** 20;
/** Characters of a line. */
const WIDTH = 80;

/**
 * Class, dtype and shape of a tensor, and its values, rows below each other (of complex numbers, none).
 *
 * @example
 * formatTensor(tensor2d([[1, 2.5], [-3, 4]])); // "Tensor float32 [2, 2]\n[[ 1.0000,  2.5000],\n [-3.0000,  4.0000]]"
 */
export function formatTensor(tensor: Tensor): string {
  if (tensor.isDisposed) return `${head(tensor)}, disposed`;
  if (tensor.dtype === 'complex64') return head(tensor);
  if (tensor.size > MOST_READ) return `${head(tensor)}, ${tensor.size.toLocaleString('en')} values`;
  return `${head(tensor)}\n${formatValues([...(tensor.dataSync() as Iterable<unknown>)], tensor)}`;
}

function head(tensor: Tensor): string {
  return `${tensor.constructor.name} ${tensor.dtype} ${formatShape(tensor.shape)}`;
}

/** Where the shown elements lie, as nested as the tensor; undefined where some are left out. */
type Places = number | undefined | Places[];

function formatValues(values: readonly unknown[], { shape, dtype }: Tensor): string {
  const places = placesOf(shape, sizeOf(shape) > MOST_SHOWN);
  const shown = numbersIn(places);
  const words = formatElements(
    shown.map((place) => values[place]),
    dtype,
  );
  const width = Math.max(0, ...words.map((word) => word.length));
  const wordAt = new Map(shown.map((place, i) => [place, words[i].padStart(width)]));
  const write = (place: Places, depth: number): string => {
    if (!Array.isArray(place)) return place === undefined ? '…' : (wordAt.get(place) ?? '');
    const parts = place.map((inner) => write(inner, depth + 1));
    const margin = ' '.repeat(depth + 1);
    const below = shape.length - depth - 1;
    const text = below === 0 ? fillLines(parts, margin) : parts.join(`,${'\n'.repeat(below)}${margin}`);
    return `[${text}]`;
  };
  return write(places, 0);
}

function numbersIn(places: Places): number[] {
  if (Array.isArray(places)) return places.flatMap(numbersIn);
  return places === undefined ? [] : [places];
}

function placesOf(shape: Shape, isShort: boolean): Places {
  const strides = rowMajorStrides(shape);
  const from = (axis: number, start: number): Places => {
    if (axis === shape.length) return start;
    return positionsOf(shape[axis], isShort).map((position) =>
      position === undefined ? undefined : from(axis + 1, start + position * strides[axis]),
    );
  };
  return from(0, 0);
}

function positionsOf(length: number, isShort: boolean): (number | undefined)[] {
  const all = Array.from({ length: isShort ? Math.min(length, 2 * EDGE) : length }, (_, position) => position);
  if (all.length === length) return all;
  return [...all.slice(0, EDGE), undefined, ...all.slice(0, EDGE).map((position) => length - EDGE + position)];
}

/** One row, in as many lines as it needs. */
function fillLines(words: readonly string[], margin: string): string {
  const perLine = Math.max(1, Math.floor((WIDTH - margin.length) / ((words[0]?.length ?? 0) + 2)));
  const lines = Array.from({ length: Math.ceil(words.length / perLine) }, (_, line) =>
    words.slice(line * perLine, (line + 1) * perLine).join(', '),
  );
  return lines.join(`,\n${margin}`);
}

/** As PyTorch: whole numbers as they are, others with four digits behind the point, or with a power of ten. */
function formatElements(values: readonly unknown[], dtype: string): string[] {
  if (dtype === 'bool') return values.map((value) => String(Boolean(value)));
  if (dtype === 'string') return values.map((value) => JSON.stringify(value));
  const sizes = values.map((value) => Math.abs(Number(value))).filter((size) => size > 0 && size < Infinity);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const isWhole = sizes.every((size) => Number.isInteger(size)) && (dtype === 'int32' || most < 1e8);
  if (isWhole || sizes.length === 0) return values.map(String);
  const isScientific = most / least > 1000 || most > 1e8 || least < 1e-4;
  return values.map((value) => {
    const number = Number(value);
    if (!Number.isFinite(number)) return String(number);
    return isScientific ? number.toExponential(4) : number.toFixed(4);
  });
}
