// SPDX-License-Identifier: Apache-2.0
// The activation functions that configurations name.

import { type LinearActivation, type Tensor, gelu, mul, relu, sigmoid, square, tanh } from '@nabla/core';
import { z } from 'zod';

/** A function of each element; `fused` where a linear map can apply it in passing. */
interface ActivationRow {
  readonly plain: (x: Tensor) => Tensor;
  readonly fused?: LinearActivation;
}

const geluTanh: ActivationRow = { plain: (x) => gelu(x, { approximate: 'tanh' }), fused: 'geluTanh' };
const silu: ActivationRow = { plain: (x) => mul(x, sigmoid(x)), fused: 'silu' };

/** By transformers' names; see ACT2FN of its activations.py. */
const ROWS = {
  gelu: { plain: (x: Tensor) => gelu(x), fused: 'gelu' },
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_fast: geluTanh,
  quick_gelu: { plain: (x: Tensor) => mul(x, sigmoid(mul(x, 1.702))) },
  relu: { plain: relu, fused: 'relu' },
  relu2: { plain: (x: Tensor) => square(relu(x)) },
  silu,
  swish: silu,
  sigmoid: { plain: sigmoid, fused: 'sigmoid' },
  tanh: { plain: tanh, fused: 'tanh' },
  linear: { plain: (x: Tensor) => x, fused: 'none' },
} as const satisfies Record<string, ActivationRow>;

export type ActivationName = keyof typeof ROWS;

/** The field of a configuration that names an activation. */
export const activationField = z.enum(Object.keys(ROWS) as [ActivationName, ...ActivationName[]]);

/** Applies the activation of a name to each element. */
export function activate(name: ActivationName, x: Tensor): Tensor {
  return ROWS[name].plain(x);
}

/** The activation of a name as a linear map applies it, where it can. */
export function fusedActivation(name: ActivationName): LinearActivation | undefined {
  const row: ActivationRow = ROWS[name];
  return row.fused;
}
