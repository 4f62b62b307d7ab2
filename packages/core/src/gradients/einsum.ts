// SPDX-License-Identifier: Apache-2.0
// Gradient of Einsum: the sum with one operand and the output exchanged.

import { type GradConfig, type Tensor, broadcastTo, matMul, reshape, sum, transpose } from '../tf.ts';

interface Labelled {
  readonly tensor: Tensor;
  readonly labels: string;
}

/** Transposes the axes to another order of the same labels; labels left out are summed. */
function arrange({ tensor, labels }: Labelled, wanted: string): Tensor {
  const left = [...labels].filter((label) => wanted.includes(label)).join('');
  const axes = [...labels].flatMap((label, axis) => (left.includes(label) ? [] : [axis]));
  const summed = axes.length === 0 ? tensor : sum(tensor, axes);
  return left === wanted
    ? summed
    : transpose(
        summed,
        [...wanted].map((label) => left.indexOf(label)),
      );
}

/**
 * The sum of products as one product of matrices. tfjs' own einsum is not used: of two operands
 * it gives a wrong shape where a label that only one of them has is summed, as i in `k,ij->jk`.
 */
function contract(a: Labelled, b: Labelled, wanted: string): Tensor {
  const both = [...a.labels].filter((label) => b.labels.includes(label));
  const batch = both.filter((label) => wanted.includes(label)).join('');
  const inner = both.filter((label) => !wanted.includes(label)).join('');
  const rows = [...a.labels].filter((label) => !both.includes(label) && wanted.includes(label)).join('');
  const columns = [...b.labels].filter((label) => !both.includes(label) && wanted.includes(label)).join('');
  const lengths = (labels: string): number[] =>
    [...labels].map((label) => {
      const { tensor, labels: own } = a.labels.includes(label) ? a : b;
      return tensor.shape[own.indexOf(label)];
    });
  const size = (labels: string): number => lengths(labels).reduce((product, length) => product * length, 1);
  const left = reshape(arrange(a, batch + rows + inner), [size(batch), size(rows), size(inner)]);
  const right = reshape(arrange(b, batch + inner + columns), [size(batch), size(inner), size(columns)]);
  const product = reshape(matMul(left, right), lengths(batch + rows + columns)); // [...batch, ...rows, ...columns]
  return arrange({ tensor: product, labels: batch + rows + columns }, wanted);
}

/** Labels that only this operand has were summed alone: every position along them gets the same gradient. */
function operandGradient(gradOut: Tensor, operands: readonly Tensor[], terms: readonly string[], i: number): Tensor {
  const { shape } = operands[i];
  const output = terms[operands.length];
  const other = operands.length === 2 ? 1 - i : undefined;
  const known = other === undefined ? output : output + terms[other];
  const kept = [...terms[i]].filter((label) => known.includes(label)).join('');
  const out = { tensor: gradOut, labels: output };
  const found =
    other === undefined ? arrange(out, kept) : contract(out, { tensor: operands[other], labels: terms[other] }, kept);
  const aligned = [...terms[i]].map((label, axis) => (kept.includes(label) ? shape[axis] : 1));
  return broadcastTo(reshape(found, aligned), shape);
}

export const einsumGradient: GradConfig = {
  kernelName: 'Einsum',
  saveAllInputs: true,
  gradFunc: (gradOut, operands, attributes) => {
    const { equation } = attributes as object as { readonly equation: string };
    const terms = equation.replace(/\s/g, '').split(/,|->/);
    return Object.fromEntries(
      operands.map((_, i) => [i, () => operandGradient(gradOut as Tensor, operands, terms, i)]),
    );
  },
};
