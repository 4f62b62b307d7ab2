// SPDX-License-Identifier: Apache-2.0
// BART, read from top to bottom: an encoder, a decoder, the model with both. Names are those of transformers' checkpoints.

import { type Generator, type Tensor, add, checkShape, linear, mul, range, reshape, scalar, zeros } from '@nabla/core';
import {
  Dropout,
  Embedding,
  LayerNorm,
  Linear,
  Module,
  ModuleList,
  type Parameter,
  buffer,
  crossEntropy,
} from '@nabla/layers';

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
import { type BartConfig, type BartStackShape, bartSchema, decoderShape, encoderShape } from './config.ts';
import { BartLayer } from './layers.ts';

/** Rows of a table of positions before that of position 0: fairseq kept those up to padding's token. */
const FIRST_POSITION = 2;

/** Token embeddings, which are given, plus positions, a norm, layers. */
export class BartStack extends Module {
  readonly embed_positions: Embedding; // [2 + max_position_embeddings, features]
  readonly layers: ModuleList<BartLayer>;
  readonly layernorm_embedding: LayerNorm | undefined;
  readonly layer_norm: LayerNorm | undefined;
  readonly dropout: Dropout;
  readonly shape: BartStackShape;
  readonly generator: Generator;

  constructor(config: BartConfig, shape: BartStackShape, generator: Generator) {
    super();
    const { d_model: features, max_position_embeddings, normalize_embedding, add_final_layer_norm } = config;
    this.embed_positions = new Embedding(FIRST_POSITION + max_position_embeddings, features, { generator });
    const makeLayer = (): BartLayer => new BartLayer(config, shape, generator);
    this.layers = new ModuleList(Array.from({ length: shape.layers }, makeLayer));
    this.layernorm_embedding = normalize_embedding ? new LayerNorm(features) : undefined;
    this.layer_norm = add_final_layer_norm ? new LayerNorm(features) : undefined;
    this.dropout = new Dropout(config.dropout, { generator });
    this.shape = shape;
    this.generator = generator;
  }

  /** Embeddings `[batch, time, features]` → states of the same shape. */
  override forward(embedded: Tensor, inputs: DecoderInputs = {}, encoded?: Encoded): Tensor {
    return finishPass(this.byLayer(embedded, inputs, encoded));
  }

  /** The embeddings after their norm, then what each layer makes of them, `[batch, time, features]`. */
  hiddenStates(embedded: Tensor, inputs: DecoderInputs = {}, encoded?: Encoded): Tensor[] {
    return statesOf(this.byLayer(embedded, inputs, encoded));
  }

  /** What {@link forward} computes, layer by layer. */
  *byLayer(embedded: Tensor, inputs: DecoderInputs = {}, encoded?: Encoded): LayeredPass {
    const [batch = 0, time = 0] = embedded.shape;
    const { cache } = inputs;
    const past = cache?.time ?? 0;
    const positions = inputs.positions ?? reshape(range(past, past + time, 1, 'int32'), [1, time]);
    const pass = {
      ...this.visibleKeys(batch, time, inputs),
      cache,
      source: encoded?.states,
      sourceMask: encoded?.attentionMask && shownKeys(encoded.attentionMask),
    };
    const rows = add(positions, scalar(FIRST_POSITION, 'int32'));
    const placed = add(embedded, this.embed_positions.forward(rows));
    let x = this.dropout.forward(this.layernorm_embedding?.forward(placed) ?? placed);
    const rest = [pass.mask, pass.sourceMask];
    yield { x, rest };
    for (const [layer, module] of [...this.layers].entries()) {
      if (!this.isLeftOut()) x = module.forward(x, { ...pass, layer });
      yield { x, rest };
    }
    cache?.advance(time);
    return this.layer_norm?.forward(x) ?? x;
  }

  private visibleKeys(batch: number, time: number, inputs: DecoderInputs): VisibleKeys {
    if (this.shape.isDecoder) return decoderMask(batch, time, inputs);
    const { attentionMask } = inputs;
    if (attentionMask === undefined) return { causal: false };
    checkShape('BART', 'attentionMask', attentionMask, [batch, time]);
    return { causal: false, mask: shownKeys(attentionMask) };
  }

  /** Whether training goes without a layer this time. See Fan et al. 2019, https://arxiv.org/abs/1909.11556. */
  private isLeftOut(): boolean {
    const { layerDrop } = this.shape;
    return this.training && layerDrop > 0 && this.generator.integer(2 ** 32) < layerDrop * 2 ** 32;
  }
}

/**
 * BART without a head: an encoder that reads in both directions, and a decoder that reads what it gave.
 *
 * @see Lewis et al. 2019, https://arxiv.org/abs/1910.13461
 */
export class BartModel extends Module implements PretrainedModel<BartConfig> {
  static readonly architecture: Architecture<BartConfig> = {
    name: 'BartModel',
    modelType: 'bart',
    schema: bartSchema,
    prefix: 'model',
    aliases: () => ({ 'shared.weight': EMBEDDINGS }),
    anchors: bartAnchors(''),
  };

  readonly shared: Embedding;
  readonly encoder: BartStack;
  readonly decoder: BartStack;
  readonly config: BartConfig;

  constructor(config: Partial<BartConfig>, generator: Generator) {
    super();
    this.config = bartSchema.parse(config);
    this.shared = new Embedding(this.config.vocab_size, this.config.d_model, { generator });
    this.encoder = new BartStack(this.config, encoderShape(this.config), generator);
    this.decoder = new BartStack(this.config, decoderShape(this.config), generator);
  }

  /** int32 `[batch, time]` → `[batch, time, features]`, without positions. */
  embed(tokens: Tensor): Tensor {
    const embedded = this.shared.forward(tokens);
    return this.config.scale_embedding ? mul(embedded, Math.sqrt(this.config.d_model)) : embedded;
  }

  encode(tokens: Tensor, attentionMask?: Tensor): Encoded {
    return { states: this.encoder.forward(this.embed(tokens), { attentionMask }), attentionMask };
  }

  /** The states of {@link encode}, layer by layer. */
  *encodeByLayer(tokens: Tensor, attentionMask?: Tensor): LayeredPass {
    return yield* this.encoder.byLayer(this.embed(tokens), { attentionMask });
  }

  /** int32 `[batch, time]` → the decoder's states `[batch, time, features]`. */
  decode(tokens: Tensor, encoded: Encoded, inputs: DecoderInputs = {}): Tensor {
    return this.decoder.forward(this.embed(tokens), inputs, encoded);
  }

  /** What {@link decode} computes, layer by layer. */
  *decodeByLayer(tokens: Tensor, encoded: Encoded, inputs: DecoderInputs = {}): LayeredPass {
    return yield* this.decoder.byLayer(this.embed(tokens), inputs, encoded);
  }

  /**
   * @param tokens        int32 `[batch, sourceTime]`, of the text that is read
   * @param decoderTokens int32 `[batch, time]`, of the text that is written
   * @returns `[batch, time, features]`
   */
  override forward(tokens: Tensor, decoderTokens: Tensor, { sourceMask, ...inputs }: BartInputs = {}): Tensor {
    return this.decode(decoderTokens, this.encode(tokens, sourceMask), inputs);
  }
}

/** What is known beside the tokens of both texts. */
export type BartInputs = EncoderDecoderInputs;

/**
 * BART that writes a text for one that it reads: its output matrix is the embedding, unless the configuration unties them, and a
 * constant is added to its logits.
 *
 * @see Lewis et al. 2019, https://arxiv.org/abs/1910.13461
 * @example
 * const sizes = { encoder_ffn_dim: 8, decoder_ffn_dim: 8, encoder_attention_heads: 2, decoder_attention_heads: 2 };
 * const config = { vocab_size: 9, max_position_embeddings: 8, d_model: 4, encoder_layers: 1, decoder_layers: 1, ...sizes };
 * const model = new BartForConditionalGeneration(config, new Generator(1));
 * const tokens = tensor2d([[1, 2, 3]], [1, 3], 'int32');
 * model.forward(tokens, tensor2d([[2, 4]], [1, 2], 'int32')).shape; // [1, 2, 9]
 */
export class BartForConditionalGeneration extends Module implements EncoderDecoderModel<BartConfig> {
  static readonly architecture: Architecture<BartConfig> = {
    ...BartModel.architecture,
    name: 'BartForConditionalGeneration',
    aliases: ({ tie_word_embeddings: tied }) => ({
      'model.shared.weight': [...EMBEDDINGS.map((name) => `model.${name}`), ...(tied ? ['lm_head.weight'] : [])],
    }),
    optional: ['final_logits_bias'],
    anchors: bartAnchors('model.'),
  };

  readonly model: BartModel;
  readonly lm_head: Linear | undefined; // only where it is not tied
  readonly final_logits_bias: Parameter; // [1, vocabulary]; not trained
  readonly config: BartConfig;

  constructor(config: Partial<BartConfig>, generator: Generator) {
    super();
    this.model = new BartModel(config, generator);
    this.config = this.model.config;
    const { d_model, vocab_size, tie_word_embeddings: tied } = this.config;
    this.lm_head = tied ? undefined : new Linear(d_model, vocab_size, { generator, bias: false });
    this.final_logits_bias = buffer(zeros([1, vocab_size]));
  }

  get vocabulary(): number {
    return this.config.vocab_size;
  }

  /** Tokens of either text, at most. */
  get context(): number {
    return this.config.max_position_embeddings;
  }

  get decoderStart(): number {
    return this.config.decoder_start_token_id ?? 2;
  }

  newCache(): KeyValueCache {
    return new KeyValueCache(this.config.decoder_layers);
  }

  encode(tokens: Tensor, attentionMask?: Tensor): Encoded {
    return this.model.encode(tokens, attentionMask);
  }

  /** The states of {@link encode}, layer by layer. */
  encodeByLayer(tokens: Tensor, attentionMask?: Tensor): LayeredPass {
    return this.model.encodeByLayer(tokens, attentionMask);
  }

  decoderHidden(tokens: Tensor, encoded: Encoded, inputs: DecoderInputs = {}): Tensor {
    return this.model.decode(tokens, encoded, inputs);
  }

  /** What {@link decoderHidden} computes, layer by layer. */
  decoderByLayer(tokens: Tensor, encoded: Encoded, inputs: DecoderInputs = {}): LayeredPass {
    return this.model.decodeByLayer(tokens, encoded, inputs);
  }

  logits(hidden: Tensor): Tensor {
    return linear(hidden, this.lm_head?.weight ?? this.model.shared.weight, reshape(this.final_logits_bias, [-1]));
  }

  /**
   * @param tokens        int32 `[batch, sourceTime]`, of the text that is read
   * @param decoderTokens int32 `[batch, time]`, of the text that is written, {@link decoderStart} first
   * @returns logits of each next token `[batch, time, vocabulary]`
   */
  override forward(tokens: Tensor, decoderTokens: Tensor, inputs: BartInputs = {}): Tensor {
    return this.logits(this.model.forward(tokens, decoderTokens, inputs));
  }

  /**
   * Mean cost in nats of writing the labels.
   *
   * @param tokens int32 `[batch, sourceTime]`
   * @param labels int32 `[batch, time]`: what is to be written, with its end; -100 where it does not count
   */
  loss(tokens: Tensor, labels: Tensor, inputs: BartInputs = {}): Tensor {
    const logits = this.forward(tokens, this.decoderTokensFor(labels), inputs);
    return crossEntropy(logits, labels, { ignoreIndex: IGNORED });
  }

  /** The decoder's tokens for labels; see {@link shiftRight}. */
  decoderTokensFor(labels: Tensor): Tensor {
    return shiftRight(labels, { decoderStart: this.decoderStart, padding: this.config.pad_token_id ?? 1 });
  }
}

/** The names of the embedding in its two users, under which checkpoints have it instead of its own, or beside it. */
export const EMBEDDINGS = ['encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'] as const;

/** Tensors that fix all sizes of a configuration; see {@link Architecture}. */
export function bartAnchors(prefix: string): (config: BartConfig) => Record<string, number[]> {
  return ({ vocab_size, d_model: features, max_position_embeddings, ...config }) => ({
    [`${prefix}shared.weight`]: [vocab_size, features],
    [`${prefix}encoder.embed_positions.weight`]: [FIRST_POSITION + max_position_embeddings, features],
    [`${prefix}encoder.layers.${config.encoder_layers - 1}.fc1.weight`]: [config.encoder_ffn_dim, features],
    [`${prefix}decoder.layers.${config.decoder_layers - 1}.fc1.weight`]: [config.decoder_ffn_dim, features],
  });
}
