// SPDX-License-Identifier: Apache-2.0
// A decoder-only transformer over characters, read from top to bottom.

import { type Generator, type Tensor, linear, normal, zeros } from '@nabla/core';
import {
  Dropout,
  Embedding,
  LayerNorm,
  LearnedPositions,
  Module,
  ModuleList,
  TransformerEncoderLayer,
} from '@nabla/layers';

/** The shape of a {@link CharacterTransformer}. */
export interface TransformerShape {
  readonly vocabulary: number;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly context: number;
  readonly dropout: number;
}

/**
 * Predicts each next character from those before it: embedding + position, pre-norm blocks with causal attention and GELU,
 * a final norm, and the embedding once more as output matrix.
 *
 * @see Radford et al. 2019 (GPT-2); https://github.com/karpathy/nanoGPT
 * @example
 * const shape = { vocabulary: 65, layers: 1, heads: 2, width: 8, context: 4, dropout: 0 };
 * const model = new CharacterTransformer(shape, new Generator(1));
 * model.forward(tensor([[1, 2, 3]], undefined, 'int32')).shape; // [1, 3, 65]
 */
export class CharacterTransformer extends Module {
  readonly embedding: Embedding;
  readonly positions: LearnedPositions;
  readonly dropout: Dropout;
  readonly blocks: ModuleList<TransformerEncoderLayer>;
  readonly norm: LayerNorm;
  readonly context: number;

  constructor({ vocabulary, layers, heads, width, context, dropout }: TransformerShape, generator: Generator) {
    super();
    const blockOptions = { feedForward: 4 * width, dropout, activation: 'gelu', normFirst: true, generator } as const;
    this.embedding = new Embedding(vocabulary, width, { generator });
    this.positions = new LearnedPositions(context, width, { generator });
    this.dropout = new Dropout(dropout, { generator });
    this.blocks = new ModuleList(
      Array.from({ length: layers }, () => new TransformerEncoderLayer(width, heads, blockOptions)),
    );
    this.norm = new LayerNorm(width);
    this.context = context;
    this.initialize(layers, generator);
  }

  /** int32 `[batch, time]` → logits `[batch, time, vocabulary]`; time at most `context`. */
  override forward(tokens: Tensor): Tensor {
    let x = this.dropout.forward(this.positions.forward(this.embedding.forward(tokens))); // [batch, time, width]
    for (const block of this.blocks) x = block.forward(x, { causal: true });
    return linear(this.norm.forward(x), this.embedding.weight);
  }

  /** GPT-2's start: weights normal with deviation 0.02, less where a block adds to the residual stream; biases 0. */
  private initialize(layers: number, generator: Generator): void {
    for (const [name, parameter] of this.namedParameters()) {
      if (name.includes('norm')) continue;
      if (name.endsWith('bias')) {
        const start = zeros(parameter.shape);
        parameter.assign(start);
        start.dispose();
        continue;
      }
      const addsToResidual = name.endsWith('out_proj.weight') || name.endsWith('linear2.weight');
      const standardDeviation = addsToResidual ? 0.02 / Math.sqrt(2 * layers) : 0.02;
      const start = normal(parameter.shape, generator, { standardDeviation });
      parameter.assign(start);
      start.dispose();
    }
  }
}
