// SPDX-License-Identifier: Apache-2.0
// Gradient of Einsum: the sum with one operand and the output exchanged.

import { arrange, contract } from '../ops/einsum.ts';
import { type GradConfig, type Tensor, broadcastTo, reshape } from '../tf.ts';

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
