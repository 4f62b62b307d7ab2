// SPDX-License-Identifier: Apache-2.0
// A convolutional network that classifies sentences, read from top to bottom.

import {
  type Generator,
  type Tensor,
  concat,
  div,
  maxPool1d,
  minimum,
  mul,
  relu,
  reshape,
  scope,
  vectorNorm,
} from '@nabla/core';
import { Conv1d, Dropout, Embedding, Linear, Module, ModuleList } from '@nabla/layers';

/** The shape of a {@link TextCnn}. */
export interface TextCnnShape {
  /** Words that are told apart, padding among them. */
  readonly vocabulary: number;
  /** Features of a word. */
  readonly width: number;
  /** For each kind of filters, how many words it sees at once. */
  readonly filterWords: readonly number[];
  /** Filters of each kind. */
  readonly filters: number;
  readonly classes: number;
  readonly dropout: number;
  /** The token that fills up short sentences. */
  readonly padding: number;
}

/** Words start with this deviation: that of the paper's uniform numbers in ±0.25. */
const INITIAL_DEVIATION = 0.25 / Math.sqrt(3);

/**
 * Every filter looks at each few words that follow each other; only the place where it found most counts:
 *
 *     feature of a filter = max over i of ReLU(bias + sum over j < words of weight[j] · word[i + j])
 *
 * and a linear layer, behind dropout, turns the features into logits. Words outside of the text are 0, as that of padding is and
 * stays. A filter also looks at places entirely outside of the text; so what a text is said to be does not depend on the others of
 * its batch. The state has the names and layouts that the same module has in PyTorch.
 *
 * @see Kim 2014, https://arxiv.org/abs/1408.5882
 * @example
 * const shape = { vocabulary: 9, width: 4, filterWords: [2, 3], filters: 5, classes: 2, dropout: 0, padding: 0 };
 * new TextCnn(shape, new Generator(1)).forward(tensor2d([[3, 4, 0], [5, 6, 7]], undefined, 'int32')).shape; // [2, 2]
 */
export class TextCnn extends Module {
  readonly embedding: Embedding;
  readonly convs: ModuleList<Conv1d>;
  readonly dropout: Dropout;
  readonly fc: Linear;

  constructor(shape: TextCnnShape, generator: Generator) {
    super();
    const { vocabulary, width, filterWords, filters, classes, dropout, padding } = shape;
    this.embedding = new Embedding(vocabulary, width, { generator, paddingIndex: padding });
    this.convs = new ModuleList(
      filterWords.map((words) => new Conv1d(width, filters, words, { padding: words, generator })),
    );
    this.dropout = new Dropout(dropout, { generator });
    this.fc = new Linear(filterWords.length * filters, classes, { generator });
    scope(() => this.embedding.weight.assign(mul(this.embedding.weight, INITIAL_DEVIATION)));
  }

  /** int32 `[batch, time]` → logits `[batch, classes]`. */
  override forward(tokens: Tensor): Tensor {
    const words = this.embedding.forward(tokens); // [batch, time, width]
    const found = concat(
      [...this.convs].map((conv) => strongest(conv.forward(words))),
      1,
    ); // [batch, kinds · filters]
    return this.fc.forward(this.dropout.forward(relu(found))); // ReLU rises: it may follow the maximum, which is shorter
  }

  /** Shortens rows of the last layer that are longer: `w ← w · min(1, maximum / ‖w‖)`. */
  limitNorms(maximum: number): void {
    scope(() => {
      const { weight } = this.fc; // [classes, features]
      const norms = vectorNorm(weight, { axis: 1, keepDims: true }); // [classes, 1]
      weight.assign(mul(weight, minimum(1, div(maximum, norms))));
    });
  }
}

/** The largest value over time: `[batch, time, filters]` → `[batch, filters]`. */
function strongest(x: Tensor): Tensor {
  const [batch = 0, time = 0, filters = 0] = x.shape;
  return reshape(maxPool1d(x, time), [batch, filters]);
}
