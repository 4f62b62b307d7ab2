// SPDX-License-Identifier: Apache-2.0
// The first transformer: an encoder reads a sentence, a decoder writes its translation. Read from top to bottom.

import {
  type Generator,
  type Tensor,
  add,
  cast,
  div,
  gather,
  linear,
  mean,
  mul,
  normal,
  notEqual,
  scalar,
  slice,
  sub,
  sum,
  where,
  xavierUniform,
  zeros,
  zerosLike,
} from '@nabla/core';
import {
  Dropout,
  Embedding,
  Module,
  SinusoidalPositions,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  crossEntropy,
} from '@nabla/layers';

import { KeyValueCache } from '../generation/cache.ts';
import { IGNORED } from '../generation/causal-model.ts';
import { type DecoderInputs, decoderMask } from '../generation/decoder-mask.ts';
import type { Encoded, EncoderDecoderModel } from '../generation/encoder-decoder-model.ts';
import { type LayeredPass, finishPass } from '../generation/layered-pass.ts';
import type { PretrainedConfig } from '../pretrained/architecture.ts';
import { cachedLayers, paddingOf, wholeLayers } from './decoder-layers.ts';

/** The shape of a {@link TranslationTransformer}. */
export interface TranslationShape {
  /** Tokens of both languages together. */
  readonly vocabulary: number;
  /** Of the encoder, and of the decoder. */
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** Tokens of a sentence, at most. */
  readonly context: number;
  readonly dropout: number;
  /** The token that every translation begins with. */
  readonly start: number;
  /** The token that every translation ends with. */
  readonly end: number;
  /** The token that fills up short sentences. */
  readonly padding: number;
}

/** Sentences and their translations. */
export interface TranslationBatch {
  /** int32 `[batch, sourceTime]` */
  readonly source: Tensor;
  /** `[batch, sourceTime]`: 1 for a token, 0 for padding. */
  readonly sourceMask: Tensor;
  /** int32 `[batch, time]`: the start token, then the translation. */
  readonly target: Tensor;
  /** int32 `[batch, time]`: the translation, then the end token; -100 for padding. */
  readonly labels: Tensor;
}

/**
 * Embedding times sqrt(width) + sinusoidal position, post-norm layers of attention and a feed-forward network four times as wide,
 * and the embedding once more as output matrix: one embedding for the source, the target and the output.
 *
 * @see Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
 * @example
 * const shape = { vocabulary: 9, layers: 1, heads: 2, width: 8, context: 16, dropout: 0.1, start: 1, end: 2, padding: 0 };
 * const model = new TranslationTransformer(shape, new Generator(1));
 * const tokens = tensor([[3, 4, 5]], undefined, 'int32');
 * model.forward(tokens, tensor([[1, 6]], undefined, 'int32')).shape; // [1, 2, 9]
 */
export class TranslationTransformer extends Module implements EncoderDecoderModel {
  readonly embedding: Embedding;
  readonly positions: SinusoidalPositions;
  readonly dropout: Dropout;
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;
  readonly shape: TranslationShape;
  readonly config: PretrainedConfig;

  constructor(shape: TranslationShape, generator: Generator) {
    super();
    const { vocabulary, layers, heads, width, context, dropout } = shape;
    const options = { feedForward: 4 * width, dropout, generator } as const;
    this.embedding = new Embedding(vocabulary, width, { generator });
    this.positions = new SinusoidalPositions(context, width);
    this.dropout = new Dropout(dropout, { generator });
    this.encoder = new TransformerEncoder(() => new TransformerEncoderLayer(width, heads, options), layers);
    this.decoder = new TransformerDecoder(() => new TransformerDecoderLayer(width, heads, options), layers);
    this.shape = shape;
    this.config = {
      initializer_range: width ** -0.5,
      tie_word_embeddings: true,
      bos_token_id: shape.start,
      eos_token_id: shape.end,
      pad_token_id: shape.padding,
    };
    this.initialize(generator);
  }

  get vocabulary(): number {
    return this.shape.vocabulary;
  }

  get context(): number {
    return this.shape.context;
  }

  get decoderStart(): number {
    return this.shape.start;
  }

  newCache(): KeyValueCache {
    return new KeyValueCache(this.shape.layers);
  }

  encode(tokens: Tensor, attentionMask?: Tensor): Encoded {
    return { states: finishPass(this.encodeByLayer(tokens, attentionMask)), attentionMask };
  }

  /** The states of {@link encode}, layer by layer. */
  *encodeByLayer(tokens: Tensor, attentionMask?: Tensor): LayeredPass {
    const keyPaddingMask = paddingOf(attentionMask);
    let x = this.dropout.forward(this.positions.forward(this.embed(tokens))); // [batch, time, width]
    const rest = [keyPaddingMask];
    yield { x, rest };
    for (const layer of this.encoder.layers) {
      x = layer.forward(x, { keyPaddingMask });
      yield { x, rest };
    }
    return x;
  }

  decoderHidden(tokens: Tensor, encoded: Encoded, inputs: DecoderInputs = {}): Tensor {
    return finishPass(this.decoderByLayer(tokens, encoded, inputs));
  }

  /** What {@link decoderHidden} computes, layer by layer. */
  *decoderByLayer(tokens: Tensor, encoded: Encoded, inputs: DecoderInputs = {}): LayeredPass {
    const [batch = 0, time = 0] = tokens.shape;
    const { cache, attentionMask } = inputs;
    const { rest, take } =
      cache === undefined
        ? wholeLayers(encoded, attentionMask)
        : cachedLayers(encoded, { ...decoderMask(batch, time, inputs), cache });
    let x = this.dropout.forward(this.place(this.embed(tokens), inputs)); // [batch, time, width]
    yield { x, rest };
    for (const [i, layer] of [...this.decoder.layers].entries()) {
      x = take(layer, x, i);
      yield { x, rest };
    }
    cache?.advance(time);
    return x;
  }

  logits(hidden: Tensor): Tensor {
    return linear(hidden, this.embedding.weight);
  }

  /**
   * @param source int32 `[batch, sourceTime]`
   * @param target int32 `[batch, time]`, {@link decoderStart} first
   * @returns logits of each next token `[batch, time, vocabulary]`
   */
  override forward(source: Tensor, target: Tensor, sourceMask?: Tensor): Tensor {
    return this.logits(this.decoderHidden(target, this.encode(source, sourceMask)));
  }

  /**
   * Mean cost in nats of writing the labels, of which a part s is spread evenly over all tokens: {@link crossEntropy} with its label
   * smoothing. That is `cost of the label + s · (logit of the label - mean of all logits)`, of which the last is the state times the mean
   * of the embedding: no second pass over all logits.
   */
  loss({ source, sourceMask, target, labels }: TranslationBatch, labelSmoothing = 0): Tensor {
    const hidden = this.decoderHidden(target, this.encode(source, sourceMask)); // [batch, time, width]
    const cost = crossEntropy(this.logits(hidden), labels, { ignoreIndex: IGNORED });
    if (labelSmoothing === 0) return cost;
    const isCounted = notEqual(labels, scalar(IGNORED, 'int32')); // [batch, time]
    const rows = this.embedding.forward(where(isCounted, labels, zerosLike(labels))); // [batch, time, width]
    const leads = sum(mul(hidden, sub(rows, mean(this.embedding.weight, 0))), -1); // [batch, time]
    const counted = cast(isCounted, 'float32');
    return add(cost, mul(div(sum(mul(leads, counted)), sum(counted)), labelSmoothing));
  }

  /** int32 `[batch, time]` → `[batch, time, width]`, without positions. */
  private embed(tokens: Tensor): Tensor {
    return mul(this.embedding.forward(tokens), Math.sqrt(this.shape.width));
  }

  /** Adds positions: those after the tokens in the cache, or those that are given. */
  private place(embedded: Tensor, { cache, positions }: DecoderInputs): Tensor {
    const [, time = 0, width = 0] = embedded.shape;
    if (positions !== undefined) return add(embedded, gather(this.positions.table, positions));
    const past = cache?.time ?? 0;
    if (past === 0) return this.positions.forward(embedded);
    return add(embedded, slice(this.positions.table, [past, 0], [time, width]));
  }

  /** Matrices start Xavier uniform, the embedding normal with deviation 1 / sqrt(width), biases at 0. */
  private initialize(generator: Generator): void {
    for (const [name, parameter] of this.namedParameters()) {
      if (name.includes('norm') && !name.endsWith('bias')) continue;
      const start = name.endsWith('bias')
        ? zeros(parameter.shape)
        : name.startsWith('embedding')
          ? normal(parameter.shape, generator, { standardDeviation: this.shape.width ** -0.5 })
          : xavierUniform(parameter.shape, generator);
      parameter.assign(start);
      start.dispose();
    }
  }
}
