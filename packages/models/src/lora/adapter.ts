// SPDX-License-Identifier: Apache-2.0
// A small correction, learned, of a large linear map that stays as it is.

import { type Generator, type Tensor, add, kaimingUniform, linear, matMul, mul, transpose, zeros } from '@nabla/core';
import { Dropout, Linear, Module, type Parameter, parameter } from '@nabla/layers';

import { Conv1D } from '../gpt2/model.ts';

/** The layers that can be corrected. */
export type Adaptable = Linear | Conv1D;

export function isAdaptable(module: Module): module is Adaptable {
  return module instanceof Linear || module instanceof Conv1D;
}

/** `[inputs, outputs]` of a layer. */
export function sizesOf(layer: Adaptable): [inputs: number, outputs: number] {
  const [rows = 0, columns = 0] = layer.weight.shape;
  return layer instanceof Linear ? [columns, rows] : [rows, columns];
}

/** One matrix of a correction, under the name that PEFT's files have for it. */
class LoraMatrix extends Module {
  readonly weight: Parameter; // [outputs, inputs]

  constructor(initial: Tensor) {
    super();
    this.weight = parameter(initial);
  }

  /** `[...batch, inputs]` → `[...batch, outputs]`. */
  override forward(x: Tensor): Tensor {
    return linear(x, this.weight);
  }
}

/** What {@link LoraAdapter} is made with. */
export interface AdapterSettings {
  readonly rank: number;
  /** The correction is multiplied by this. */
  readonly scaling: number;
  /** Probability of dropping an element of the input while training. */
  readonly dropout: number;
  readonly generator: Generator;
}

/**
 * The correction of one layer: `Δ(x) = scaling · B(A(dropout(x)))`, A of `[rank, inputs]` and B of `[outputs, rank]`. A starts as a linear
 * layer does, B at 0, so that nothing is changed at first.
 *
 * @see Hu et al. 2021, https://arxiv.org/abs/2106.09685
 */
export class LoraAdapter extends Module {
  readonly lora_A: LoraMatrix;
  readonly lora_B: LoraMatrix;
  readonly dropout: Dropout;
  readonly scaling: number;

  constructor([inputs, outputs]: readonly [number, number], { rank, scaling, dropout, generator }: AdapterSettings) {
    super();
    this.lora_A = new LoraMatrix(kaimingUniform([rank, inputs], generator, { negativeSlope: Math.sqrt(5) }));
    this.lora_B = new LoraMatrix(zeros([outputs, rank]));
    this.dropout = new Dropout(dropout, { generator });
    this.scaling = scaling;
  }

  /** `[...batch, inputs]` → the correction `[...batch, outputs]`. */
  override forward(x: Tensor): Tensor {
    const inner = this.lora_A.forward(this.dropout.forward(x)); // [...batch, rank]
    return this.lora_B.forward(mul(inner, this.scaling)); // scaled where it is small
  }

  /** The weight of a layer with the correction in it. */
  corrected(layer: Adaptable): Tensor {
    const change = mul(matMul(this.lora_B.weight, this.lora_A.weight), this.scaling); // [outputs, inputs]
    return add(layer.weight, layer instanceof Linear ? change : transpose(change));
  }
}
