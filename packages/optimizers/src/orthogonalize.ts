// SPDX-License-Identifier: Apache-2.0
// The orthogonal matrix nearest to a matrix, roughly, by Newton-Schulz iterations.

import { type Tensor, type Tensor2D, add, div, globalNorm, matMul, mul, scope } from '@nabla/core';

// The odd polynomial a s + b s³ + c s⁵ whose slope at 0 is steepest, of those that keep a singular value s in about [0.7, 1.2].
const [A, B, C] = [3.4445, -4.775, 2.0315];

/**
 * With X the matrix divided by its Frobenius norm, `iterations` times `X ← a X + (b X Xᵀ + c (X Xᵀ)²) X`. Every singular value s
 * of X becomes a s + b s³ + c s⁵ each time and so comes near 1, the singular vectors stay: from U S Vᵀ to about U Vᵀ.
 *
 * @param matrix  `[rows, columns]`
 * @returns       `[rows, columns]`
 * @see Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/
 */
export function orthogonalize(matrix: Tensor2D, iterations: number): Tensor2D {
  const [rows, columns] = matrix.shape;
  const isTall = rows > columns; // the smaller of X Xᵀ and Xᵀ X does: X p(Xᵀ X) = p(X Xᵀ) X
  return scope(() => {
    let x: Tensor = div(matrix, add(globalNorm([matrix]), 1e-7));
    for (let i = 0; i < iterations; i++) {
      x = scope(() => {
        const gram = matMul(x, x, isTall, !isTall);
        const polynomial = add(mul(gram, B), mul(matMul(gram, gram), C));
        return add(mul(x, A), isTall ? matMul(x, polynomial) : matMul(polynomial, x));
      });
    }
    return x as Tensor2D;
  });
}
