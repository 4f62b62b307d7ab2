// SPDX-License-Identifier: Apache-2.0
// Triangles and diagonals of matrices.

import { checkInteger, checkRank, checkTensor } from '../check.ts';
import { sizeOf } from '../shape.ts';
import { type Tensor, gather, range, reshape, sum, tensor, zerosLike } from '../tf.ts';
import { where } from './broadcast-to.ts';

/**
 * The lower triangle of matrices; what lies above is 0.
 *
 * @param x         `[...batch, rows, columns]`
 * @param diagonal  the last one that stays: 0 is the main one, 1 the one above it; default 0
 * @throws {ShapeError} `x` has fewer than two axes (code `RANK`)
 * @throws {ArgumentError} `diagonal` is no integer
 * @example
 * tril(ones([3, 3])); // [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triangle('tril', x, diagonal, (row, column) => column - row <= diagonal);
}

/**
 * The upper triangle of matrices; what lies below is 0.
 *
 * @param x         `[...batch, rows, columns]`
 * @param diagonal  the first one that stays: 0 is the main one, 1 the one above it; default 0
 * @throws {ShapeError} `x` has fewer than two axes (code `RANK`)
 * @throws {ArgumentError} `diagonal` is no integer
 * @example
 * triu(ones([3, 3]), 1); // [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
 */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triangle('triu', x, diagonal, (row, column) => column - row >= diagonal);
}

function triangle(op: string, x: Tensor, diagonal: number, stays: (row: number, column: number) => boolean): Tensor {
  checkTensor(op, 'x', x);
  checkRank(op, 'x', x, 2, Infinity);
  checkInteger(op, 'diagonal', diagonal);
  const [rows, columns] = x.shape.slice(-2);
  const mask = Uint8Array.from({ length: rows * columns }, (_, i) =>
    Number(stays(Math.floor(i / columns), i % columns)),
  );
  return where(tensor(mask, [rows, columns], 'bool'), x, zerosLike(x));
}

/**
 * The elements `x[..., i, i + offset]` of matrices.
 *
 * @param x       `[...batch, rows, columns]`
 * @param offset  which diagonal: 0 is the main one, 1 the one above it, -1 the one below; default 0
 * @returns       `[...batch, length of the diagonal]`
 * @throws {ShapeError} `x` has fewer than two axes (code `RANK`)
 * @throws {ArgumentError} `offset` is no integer
 * @example
 * diagonal(tensor2d([[1, 2], [3, 4]])); // [1, 4]
 */
export function diagonal(x: Tensor, offset = 0): Tensor {
  checkTensor('diagonal', 'x', x);
  checkRank('diagonal', 'x', x, 2, Infinity);
  checkInteger('diagonal', 'offset', offset);
  const [rows, columns] = x.shape.slice(-2);
  const batch = x.shape.slice(0, -2);
  const [firstRow, firstColumn] = [Math.max(0, -offset), Math.max(0, offset)];
  const length = Math.max(0, Math.min(rows - firstRow, columns - firstColumn));
  const first = firstRow * columns + firstColumn;
  const positions = range(first, first + length * (columns + 1), columns + 1, 'int32');
  return reshape(gather(reshape(x, [sizeOf(batch), rows * columns]), positions, 1), [...batch, length]);
}

/**
 * The sum of the main diagonal of matrices.
 *
 * @param x  `[...batch, rows, columns]`
 * @returns  `[...batch]`
 * @throws {ShapeError} `x` has fewer than two axes (code `RANK`)
 * @example
 * trace(tensor2d([[1, 2], [3, 4]])); // 5
 */
export function trace(x: Tensor): Tensor {
  checkTensor('trace', 'x', x);
  checkRank('trace', 'x', x, 2, Infinity);
  return sum(diagonal(x), -1);
}
