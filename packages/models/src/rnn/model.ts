// SPDX-License-Identifier: Apache-2.0
// Recurrent networks that read a sequence and say what comes next, read from top to bottom.

import { type Generator, type Tensor, add, gather, reshape, slice } from '@nabla/core';
import { Dropout, Embedding, GRU, LSTM, Linear, Module, RNN } from '@nabla/layers';

/** The kinds of recurrent network by name. */
export const recurrentLayers = { lstm: LSTM, gru: GRU, rnn: RNN } as const;

/** A recurrent network that the models here are made of. */
export interface RecurrentShape {
  readonly cell: keyof typeof recurrentLayers;
  readonly layers: number;
  /** Features of the state. */
  readonly width: number;
  /** Between the layers, and before the answer. */
  readonly dropout: number;
}

/** The shape of a {@link CharacterRNN}. */
export interface CharacterRNNShape extends RecurrentShape {
  readonly vocabulary: number;
  /** Characters of a training window. */
  readonly context: number;
}

/**
 * Predicts each next character from those before it: an embedding, a recurrent network, a linear layer on its state.
 *
 * @see https://karpathy.github.io/2015/05/21/rnn-effectiveness/
 * @example
 * const shape = { vocabulary: 65, cell: 'lstm', layers: 1, width: 8, context: 4, dropout: 0 } as const;
 * const model = new CharacterRNN(shape, new Generator(1));
 * model.forward(tensor([[1, 2, 3]], undefined, 'int32')).shape; // [1, 3, 65]
 */
export class CharacterRNN extends Module {
  readonly embedding: Embedding;
  readonly rnn: LSTM | GRU | RNN;
  readonly dropout: Dropout;
  readonly fc: Linear;
  readonly context: number;

  constructor({ vocabulary, cell, layers, width, dropout, context }: CharacterRNNShape, generator: Generator) {
    super();
    this.embedding = new Embedding(vocabulary, width, { generator });
    this.rnn = new recurrentLayers[cell](width, width, { layers, dropout, generator });
    this.dropout = new Dropout(dropout, { generator });
    this.fc = new Linear(width, vocabulary, { generator });
    this.context = context;
  }

  /** int32 `[batch, time]` → logits `[batch, time, vocabulary]`. */
  override forward(tokens: Tensor): Tensor {
    const { output } = this.rnn.forward(this.embedding.forward(tokens)); // [batch, time, width]
    return this.fc.forward(this.dropout.forward(output));
  }
}

/** The shape of a {@link SeriesForecaster}. */
export interface SeriesForecasterShape extends RecurrentShape {
  /** Numbers at each time. */
  readonly columns: number;
  /** Index of the column that is forecast. */
  readonly target: number;
  /** Times that are forecast. */
  readonly horizon: number;
}

/**
 * Forecasts a column of a time series: a recurrent network reads what was measured, and a linear layer says from its last state
 * how far each of the next times is from the last one.
 *
 * @example
 * const shape = { columns: 2, target: 0, horizon: 3, cell: 'gru', layers: 1, width: 8, dropout: 0 } as const;
 * new SeriesForecaster(shape, new Generator(1)).forward(zeros([5, 7, 2])).shape; // [5, 3]
 */
export class SeriesForecaster extends Module {
  readonly rnn: LSTM | GRU | RNN;
  readonly dropout: Dropout;
  readonly fc: Linear;
  readonly target: number;

  constructor({ columns, target, horizon, cell, layers, width, dropout }: SeriesForecasterShape, generator: Generator) {
    super();
    this.rnn = new recurrentLayers[cell](columns, width, { layers, dropout, generator });
    this.dropout = new Dropout(dropout, { generator });
    this.fc = new Linear(width, horizon, { generator });
    this.target = target;
  }

  /** `[batch, time, columns]` → `[batch, horizon]` */
  override forward(x: Tensor): Tensor {
    const [batch = 0, time = 0] = x.shape;
    const { output } = this.rnn.forward(x); // [batch, time, width]
    const changes = this.fc.forward(this.dropout.forward(gather(output, time - 1, 1)));
    return add(reshape(slice(x, [0, time - 1, this.target], [batch, 1, 1]), [batch, 1]), changes);
  }
}
