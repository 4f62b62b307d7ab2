// SPDX-License-Identifier: Apache-2.0
// T5, read from top to bottom: an encoder, a decoder, the model with both. Names are those of transformers' checkpoints.

import { type Generator, type Tensor, checkShape, fill, linear, mul, where } from '@nabla/core';
import { Dropout, Embedding, Linear, Module, ModuleList, RMSNorm, crossEntropy } from '@nabla/layers';

import { KeyValueCache } from '../generation/cache.ts';
import { IGNORED } from '../generation/causal-model.ts';
import { type DecoderInputs, type VisibleKeys, decoderMask } from '../generation/decoder-mask.ts';
import {
  type Encoded,
  type EncoderDecoderInputs,
  type EncoderDecoderModel,
  shiftRight,
} from '../generation/encoder-decoder-model.ts';
import { type LayeredPass, finishPass, statesOf } from '../generation/layered-pass.ts';
import type { Architecture, PretrainedModel } from '../pretrained/architecture.ts';
import { shownKeys } from '../pretrained/shown-keys.ts';
import { type T5Config, feedForwardOf, scalesOutput, t5Schema, tiesOutput } from './config.ts';
import { T5Block } from './layers.ts';

/** Blocks and a last norm. What positions are, attention's bias of relative distances says alone. */
export class T5Stack extends Module {
  readonly block: ModuleList<T5Block>;
  readonly final_layer_norm: RMSNorm;
  readonly dropout: Dropout;
  readonly isDecoder: boolean;

  constructor(config: T5Config, generator: Generator, isDecoder: boolean) {
    super();
    const layers = isDecoder ? (config.num_decoder_layers ?? config.num_layers) : config.num_layers;
    const makeBlock = (_: unknown, i: number): T5Block =>
      new T5Block(config, generator, { isDecoder, isFirst: i === 0 });
    this.block = new ModuleList(Array.from({ length: layers }, makeBlock));
    this.final_layer_norm = new RMSNorm(config.d_model, { epsilon: config.layer_norm_epsilon });
    this.dropout = new Dropout(config.dropout_rate, { generator });
    this.isDecoder = isDecoder;
  }

  /** Embeddings `[batch, time, features]` → states of the same shape, after the last norm. */
  override forward(embedded: Tensor, inputs: DecoderInputs = {}, encoded?: Encoded): Tensor {
    return finishPass(this.byLayer(embedded, inputs, encoded));
  }

  /** The embeddings, then what each block makes of them, `[batch, time, features]`; the last after the last norm. */
  hiddenStates(embedded: Tensor, inputs: DecoderInputs = {}, encoded?: Encoded): Tensor[] {
    return statesOf(this.byLayer(embedded, inputs, encoded));
  }

  /** What {@link forward} computes, block by block. */
  *byLayer(embedded: Tensor, inputs: DecoderInputs = {}, encoded?: Encoded): LayeredPass {
    const [batch = 0, time = 0] = embedded.shape;
    const { cache } = inputs;
    const pass = {
      ...this.visibleKeys(batch, time, inputs),
      cache,
      source: encoded?.states,
      sourceMask: encoded?.attentionMask && shownKeys(encoded.attentionMask),
    };
    const rest = [pass.mask, pass.sourceMask];
    let x = this.dropout.forward(embedded);
    yield { x, rest };
    for (const [layer, block] of [...this.block].entries()) {
      x = block.forward(x, { ...pass, layer });
      yield { x, rest };
    }
    cache?.advance(time);
    return this.dropout.forward(this.final_layer_norm.forward(x));
  }

  /** The bias of relative distances, -Infinity where a key is hidden: once for all blocks. */
  private visibleKeys(batch: number, time: number, inputs: DecoderInputs): VisibleKeys {
    const { attentionMask, cache } = inputs;
    if (attentionMask !== undefined && !this.isDecoder) checkShape('T5', 'attentionMask', attentionMask, [batch, time]);
    const { causal, mask } = this.isDecoder
      ? decoderMask(batch, time, inputs)
      : { causal: false, mask: attentionMask && shownKeys(attentionMask) };
    const past = cache?.time ?? 0;
    const keyTime = past === 0 ? time : (cache?.capacity(time) ?? time);
    const [first] = this.block;
    const bias = first?.relativeBias(past, time, keyTime, !this.isDecoder); // [1, heads, time, keyTime]
    const shown = bias && mask ? where(mask, bias, fill([1], -Infinity)) : (bias ?? mask);
    return { causal, ...(shown && { mask: shown }) };
  }
}

/**
 * T5's encoder alone: text to states.
 *
 * @see Raffel et al. 2020, https://arxiv.org/abs/1910.10683
 * @example
 * const config = { vocab_size: 9, d_model: 4, d_kv: 2, d_ff: 8, num_layers: 1, num_heads: 2 };
 * const model = new T5EncoderModel(config, new Generator(1));
 * model.forward(tensor2d([[1, 2, 3]], [1, 3], 'int32')).shape; // [1, 3, 4]
 */
export class T5EncoderModel extends Module implements PretrainedModel<T5Config> {
  static readonly architecture: Architecture<T5Config> = {
    name: 'T5EncoderModel',
    modelType: 't5',
    schema: t5Schema,
    prefix: 'transformer',
    aliases: () => ({ 'shared.weight': EMBEDDINGS }),
    anchors: encoderAnchors,
  };

  readonly shared: Embedding;
  readonly encoder: T5Stack;
  readonly config: T5Config;

  constructor(config: Partial<T5Config>, generator: Generator) {
    super();
    this.config = t5Schema.parse(config);
    this.shared = new Embedding(this.config.vocab_size, this.config.d_model, { generator });
    this.encoder = new T5Stack(this.config, generator, false);
  }

  /**
   * @param tokens        int32 `[batch, time]`
   * @param attentionMask `[batch, time]`: 1 for a token, 0 for padding; default: there is no padding
   * @returns `[batch, time, features]`
   */
  override forward(tokens: Tensor, attentionMask?: Tensor): Tensor {
    return this.encoder.forward(this.shared.forward(tokens), { attentionMask });
  }
}

/** What is known beside the tokens of both texts. */
export type T5Inputs = EncoderDecoderInputs;

/**
 * T5 that writes a text for one that it reads. Its output matrix is the embedding, or, as in T5 1.1 and Flan-T5, one of its own.
 *
 * @see Raffel et al. 2020, https://arxiv.org/abs/1910.10683; the gate: Shazeer 2020, https://arxiv.org/abs/2002.05202
 * @example
 * const config = { vocab_size: 9, d_model: 4, d_kv: 2, d_ff: 8, num_layers: 1, num_heads: 2 };
 * const model = new T5ForConditionalGeneration(config, new Generator(1));
 * const tokens = tensor2d([[1, 2, 3]], [1, 3], 'int32');
 * model.forward(tokens, tensor2d([[0, 4]], [1, 2], 'int32')).shape; // [1, 2, 9]
 */
export class T5ForConditionalGeneration extends Module implements EncoderDecoderModel<T5Config> {
  static readonly architecture: Architecture<T5Config> = {
    ...T5EncoderModel.architecture,
    name: 'T5ForConditionalGeneration',
    aliases: aliasesOf,
    anchors: (config) => ({ ...encoderAnchors(config), ...decoderAnchors(config) }),
  };

  readonly shared: Embedding;
  readonly encoder: T5Stack;
  readonly decoder: T5Stack;
  readonly lm_head: Linear | undefined; // only where it is not tied
  readonly config: T5Config;

  constructor(config: Partial<T5Config>, generator: Generator) {
    super();
    this.config = t5Schema.parse(config);
    const { vocab_size, d_model: features } = this.config;
    this.shared = new Embedding(vocab_size, features, { generator });
    this.encoder = new T5Stack(this.config, generator, false);
    this.decoder = new T5Stack(this.config, generator, true);
    const isTied = tiesOutput(this.config);
    this.lm_head = isTied ? undefined : new Linear(features, vocab_size, { generator, bias: false });
  }

  get vocabulary(): number {
    return this.config.vocab_size;
  }

  get decoderStart(): number {
    return this.config.decoder_start_token_id ?? this.config.pad_token_id ?? 0;
  }

  newCache(): KeyValueCache {
    return new KeyValueCache(this.config.num_decoder_layers ?? this.config.num_layers);
  }

  encode(tokens: Tensor, attentionMask?: Tensor): Encoded {
    return { states: this.encoder.forward(this.shared.forward(tokens), { attentionMask }), attentionMask };
  }

  /** The states of {@link encode}, block by block. */
  *encodeByLayer(tokens: Tensor, attentionMask?: Tensor): LayeredPass {
    return yield* this.encoder.byLayer(this.shared.forward(tokens), { attentionMask });
  }

  decoderHidden(tokens: Tensor, encoded: Encoded, inputs: DecoderInputs = {}): Tensor {
    return this.decoder.forward(this.shared.forward(tokens), inputs, encoded);
  }

  /** What {@link decoderHidden} computes, block by block. */
  *decoderByLayer(tokens: Tensor, encoded: Encoded, inputs: DecoderInputs = {}): LayeredPass {
    return yield* this.decoder.byLayer(this.shared.forward(tokens), inputs, encoded);
  }

  logits(hidden: Tensor): Tensor {
    const scaled = scalesOutput(this.config) ? mul(hidden, this.config.d_model ** -0.5) : hidden;
    return linear(scaled, this.lm_head?.weight ?? this.shared.weight);
  }

  /**
   * @param tokens        int32 `[batch, sourceTime]`, of the text that is read
   * @param decoderTokens int32 `[batch, time]`, of the text that is written, {@link decoderStart} first
   * @returns logits of each next token `[batch, time, vocabulary]`
   */
  override forward(tokens: Tensor, decoderTokens: Tensor, { sourceMask, ...inputs }: T5Inputs = {}): Tensor {
    return this.logits(this.decoderHidden(decoderTokens, this.encode(tokens, sourceMask), inputs));
  }

  /**
   * Mean cost in nats of writing the labels.
   *
   * @param tokens int32 `[batch, sourceTime]`
   * @param labels int32 `[batch, time]`: what is to be written, with its end; -100 where it does not count
   */
  loss(tokens: Tensor, labels: Tensor, inputs: T5Inputs = {}): Tensor {
    const logits = this.forward(tokens, this.decoderTokensFor(labels), inputs);
    return crossEntropy(logits, labels, { ignoreIndex: IGNORED });
  }

  /** The decoder's tokens for labels; see {@link shiftRight}. */
  decoderTokensFor(labels: Tensor): Tensor {
    return shiftRight(labels, { decoderStart: this.decoderStart, padding: this.config.pad_token_id ?? 0 });
  }
}

/** The names of the embedding in its two users, under which checkpoints have it instead of its own, or beside it. */
const EMBEDDINGS = ['encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'] as const;

/** A matrix of the logits that is said to be tied may be stored, or be the embedding. */
function aliasesOf(config: T5Config): Record<string, readonly string[]> {
  const output = config.tie_word_embeddings ? { 'lm_head.weight': ['shared.weight', ...EMBEDDINGS] } : {};
  return { 'shared.weight': [...EMBEDDINGS, ...(tiesOutput(config) ? ['lm_head.weight'] : [])], ...output };
}

/** Tensors that fix all sizes of a configuration; see {@link Architecture}. */
function encoderAnchors(config: T5Config): Record<string, number[]> {
  const { vocab_size, d_model: features, d_ff, d_kv, num_heads: heads, num_layers } = config;
  return {
    'shared.weight': [vocab_size, features],
    'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight': [
      config.relative_attention_num_buckets,
      heads,
    ],
    [`encoder.block.${num_layers - 1}.layer.0.SelfAttention.q.weight`]: [heads * d_kv, features],
    [`encoder.block.${num_layers - 1}.layer.1.DenseReluDense.${firstMatrix(config)}.weight`]: [d_ff, features],
  };
}

function decoderAnchors(config: T5Config): Record<string, number[]> {
  const last = (config.num_decoder_layers ?? config.num_layers) - 1;
  return {
    [`decoder.block.${last}.layer.2.DenseReluDense.${firstMatrix(config)}.weight`]: [config.d_ff, config.d_model],
  };
}

function firstMatrix(config: T5Config): string {
  return feedForwardOf(config).isGated ? 'wi_0' : 'wi';
}
