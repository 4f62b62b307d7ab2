// SPDX-License-Identifier: Apache-2.0
// Reads the golden values that tools/golden recorded from PyTorch.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GptCase, LlamaCase, PublishedCase } from './golden-models.ts';
import type { TensorRecord, TensorValues } from './tensor-values.ts';

/** What every fixture says about itself. */
export interface Fixture<Case> {
  readonly tool: string;
  readonly version: string;
  readonly seed: number;
  readonly script: string;
  readonly about: string;
  readonly cases: readonly Case[];
}

/** One run forward and backward: gradients are those of `sum(output * outputWeights)`. */
export interface ForwardCase<Options> {
  readonly name: string;
  readonly options: Options;
  readonly inputs: TensorRecord;
  /** By PyTorch's state names. */
  readonly parameters: TensorRecord;
  readonly output: TensorValues;
  readonly outputWeights: TensorValues;
  /** Of every float input that is no target. */
  readonly inputGradients: TensorRecord;
  readonly parameterGradients: TensorRecord;
}

/** Ten steps of an optimizer on given gradients. */
export interface OptimizerCase<Options> {
  readonly name: string;
  readonly options: Options;
  /** One per step, where the rate changes. */
  readonly learningRates?: readonly number[];
  readonly parameters: TensorRecord;
  readonly gradients: readonly TensorRecord[];
  readonly after: readonly TensorRecord[];
}

/** One step of a layer that moves its buffers while training. */
export interface TrainingStep {
  readonly x: TensorValues;
  readonly output: TensorValues;
  readonly outputWeights: TensorValues;
  readonly gradX: TensorValues;
  readonly parameterGradients: TensorRecord;
  /** After the step. */
  readonly buffers: TensorRecord;
}

/** A layer whose weight is normalized. */
interface NormalizedLayer {
  readonly layer: 'Linear' | 'Conv1d' | 'Conv2d' | 'ConvTranspose1d';
  readonly sizes: readonly [number, number, number?];
}

type Reduction = 'mean' | 'sum' | 'none';

/** The options of a recorded loss that are no tensors, in our words; each loss has some of them. */
export interface LossOptionValues {
  /** Of KLDivLoss also `batchMean`. */
  readonly reduction?: Reduction;
  readonly alpha?: number | null;
  readonly beta?: number;
  readonly delta?: number;
  readonly epsilon?: number;
  readonly full?: boolean;
  readonly gamma?: number;
  readonly ignoreIndex?: number;
  readonly labelSmoothing?: number;
  readonly logInput?: boolean;
  readonly logTarget?: boolean;
  readonly margin?: number;
  readonly p?: number;
  readonly symmetric?: boolean;
  readonly temperature?: number;
}

/** The fixtures by name, and what a case of each looks like. */
export interface Fixtures {
  linear: ForwardCase<{
    bias: boolean;
    activation: 'relu' | 'gelu' | 'geluTanh' | 'sigmoid' | 'tanh' | 'silu' | null;
  }>;
  layer_norm: ForwardCase<{ features: number; epsilon: number }>;
  rms_norm: ForwardCase<{ features: number; epsilon: number }>;
  softmax_cross_entropy: ForwardCase<{ reduction: Reduction }>;
  attention: ForwardCase<{ causal: boolean; scale?: number }>;
  /** A score of a corpus, with the references of each hypothesis; or the tokens of a text. */
  bleu: { readonly name: string } & (
    | { readonly hypotheses: readonly string[]; readonly references: readonly string[][]; readonly score: number }
    | { readonly text: string; readonly tokens: readonly string[] }
  );
  bilinear: ForwardCase<{ inputs1: number; inputs2: number; outputs: number; bias: boolean }>;
  embedding_layers: ForwardCase<{
    layer: 'Embedding' | 'EmbeddingBag';
    vocabulary: number;
    features: number;
    paddingIndex?: number;
    mode?: 'mean' | 'sum' | 'max';
  }>;
  recurrent: ForwardCase<{
    kind: 'tanh' | 'relu' | 'lstm' | 'gru';
    features: number;
    hidden: number;
    bias: boolean;
    cell?: true;
    layers?: number;
    bidirectional?: boolean;
    lengths?: number[];
  }>;
  embedding: ForwardCase<{ vocabulary: number; features: number }>;
  activations: ForwardCase<{ activation: 'relu' | 'gelu' | 'geluTanh' | 'sigmoid' | 'tanh' | 'silu' | 'softmax' }>;
  /** `activation` is the name of the class; `options` are its options in our words, or its arguments by name. */
  activation_layers: ForwardCase<{ activation: string; options: Readonly<Record<string, number>> }>;
  /** `weights`: they are appended to the output along its last axis. */
  multi_head_attention: ForwardCase<{
    features: number;
    heads: number;
    causal: boolean;
    keySize?: number;
    valueSize?: number;
    bias?: boolean;
    weights?: 'mean' | 'perHead';
  }>;
  transformer_encoder_layer: ForwardCase<{
    features: number;
    heads: number;
    hidden: number;
    activation: 'relu' | 'gelu';
    normFirst: boolean;
    causal: boolean;
  }>;
  transformer: ForwardCase<{
    layer: 'TransformerDecoderLayer' | 'TransformerEncoder' | 'TransformerDecoder' | 'Transformer';
    features: number;
    heads: number;
    hidden: number;
    /** Of each stack. */
    layers: number;
    activation: 'relu' | 'gelu';
    normFirst: boolean;
    causal: boolean;
  }>;
  rotary_embedding: ForwardCase<{ offset: number; base: number; pairs: 'neighbours' | 'halves' }>;
  mlp: ForwardCase<{ sizes: number[]; activations: ('relu' | 'tanh' | 'sigmoid' | 'gelu' | 'silu')[] }>;
  convolution: ForwardCase<{
    axes: number;
    stride: number | number[];
    padding: number | number[] | 'same';
    dilation: number | number[];
    groups: number;
  }>;
  transposed_convolution: ForwardCase<{
    axes: number;
    stride: number | number[];
    padding: number | number[];
    outputPadding: number | number[];
    dilation: number | number[];
    groups: number;
  }>;
  self_attention_2d: ForwardCase<{ channels: number; features: number }>;
  cnn: ForwardCase<{
    height: number;
    width: number;
    channels: [number, number, number];
    hidden: number;
    classes: number;
  }>;
  text_cnn: ForwardCase<Record<'vocabulary' | 'width' | 'filters' | 'classes', number> & { filterWords: number[] }>;
  losses: ForwardCase<{ loss: 'MSELoss' | 'CrossEntropyLoss' | 'BCEWithLogitsLoss'; reduction: Reduction }>;
  /** The input is logits `[batch, time, classes]`: PyTorch's gradient is right only behind a log-softmax. */
  ctc_loss: ForwardCase<{ reduction: Reduction; blank: number; zeroInfinity: boolean }>;
  /** `loss` is the name of the class; its weights are among the parameters. */
  loss_modules: ForwardCase<{ loss: string; options: LossOptionValues }>;
  distances: ForwardCase<{ layer: 'CosineSimilarity' | 'PairwiseDistance'; options: { epsilon?: number; p?: number } }>;
  positions: ForwardCase<{ time: number; features: number }>;
  pool: ForwardCase<{
    pool: 'maxPool' | 'averagePool' | 'adaptiveAveragePool' | 'adaptiveMaxPool';
    size: number | number[];
    options: {
      stride?: number | number[];
      padding?: number | number[];
      dilation?: number | number[];
      ceilMode?: boolean;
      countIncludePad?: boolean;
    };
  }>;
  /** `groups` is null for instance normalization. */
  group_norm: ForwardCase<{ channels: number; groups: number | null; epsilon: number; affine: boolean }>;
  /** In evaluation; the running statistics are among the parameters. */
  batch_norm: ForwardCase<{ channels: number; axes: number; epsilon: number; affine: boolean }>;
  batch_norm_training: {
    readonly name: string;
    readonly options: {
      channels: number;
      axes: number;
      momentum: number | null;
      epsilon: number;
      affine: boolean;
      trackRunningStatistics: boolean;
    };
    /** Before the first step, by PyTorch's names. */
    readonly state: TensorRecord;
    readonly steps: readonly TrainingStep[];
    /** Of the first step's x in evaluation, after the last step. */
    readonly evaluated: TensorValues;
  };
  /** `axis` is null for one length of the whole weight; `sizes` are the arguments of the class `layer`. */
  weight_norm: ForwardCase<NormalizedLayer & { axis: number | null }>;
  spectral_norm: {
    readonly name: string;
    readonly options: NormalizedLayer & { axis?: number; iterations: number };
    /** Before the first step, by PyTorch's names. */
    readonly state: TensorRecord;
    readonly steps: readonly TrainingStep[];
    /** Of the first step's x in evaluation, after the last step. */
    readonly evaluated: TensorValues;
  };
  padding: ForwardCase<{
    mode: 'constant' | 'reflect' | 'replicate' | 'circular';
    padding: [number, number][];
    value: number;
  }>;
  upsample: ForwardCase<{
    mode: 'nearest' | 'linear' | 'bilinear' | 'trilinear';
    alignCorners: boolean;
    size?: number | number[];
    scaleFactor?: number | number[];
  }>;
  rearrange: ForwardCase<
    | { layer: 'PixelShuffle' | 'PixelUnshuffle'; factor: number }
    | { layer: 'Flatten' }
    | { layer: 'Unflatten'; sizes: number[] }
  >;
  /** A part of a tokenizer.json or all of it, or the options of a trainer, and pairs of what it is given and makes of it. */
  tokenizers: {
    readonly name: string;
    readonly kind: 'normalizer' | 'preTokenizer' | 'decoder' | 'tokenizer' | 'training';
    readonly file: unknown;
    readonly results: readonly (readonly [string | readonly string[], unknown])[];
  };
  /** `op` is the name of our function or of that of tfjs; its inputs are a, b and c. */
  tfjs_gradients: ForwardCase<{ op: string; axis?: number; axes?: number[]; keepDims?: boolean }>;
  tensor_ops: ForwardCase<{
    op: string;
    axis?: number;
    axes?: number[];
    bounds?: { minimum?: number; maximum?: number };
    descending?: boolean;
    largest?: boolean;
    offset?: number;
    order?: string;
    shift?: number[];
    times?: number | number[];
    value?: number;
  }>;
  sgd: OptimizerCase<{
    learningRate: number;
    momentum: number;
    dampening: number;
    nesterov: boolean;
    weightDecay: number;
  }>;
  adamw: OptimizerCase<{
    learningRate: number;
    betas: [number, number];
    epsilon: number;
    weightDecay: number;
    amsgrad?: boolean;
  }>;
  /** `optimizer` is the name of the class, `options` are those of its constructor. */
  adaptive: OptimizerCase<{ learningRate: number }> & { readonly optimizer: string };
  published_optimizers: OptimizerCase<object> & { readonly optimizer: string };
  clipping: {
    readonly name: string;
    readonly options: { readonly maximumNorm: number };
    readonly gradients: readonly TensorValues[];
    readonly norm: TensorValues;
    readonly clipped: readonly TensorValues[];
  };
  clipping_by_value: {
    readonly name: string;
    readonly options: { readonly maximum: number };
    readonly gradients: readonly TensorValues[];
    readonly clipped: readonly TensorValues[];
  };
  schedules: {
    readonly name: string;
    readonly options: { peak: number; warmupSteps: number; totalSteps: number; minimum: number };
    readonly steps: readonly number[];
    readonly learningRates: readonly number[];
  };
  /** `name` is that of our function. */
  /** `schedule` is the name of our function, `options` are its options. */
  torch_schedules: {
    readonly name: string;
    readonly schedule: string;
    readonly options: object;
    readonly learningRates: readonly number[];
  };
  plateau: {
    readonly name: string;
    readonly options: { start: number };
    readonly metrics: readonly number[];
    readonly learningRates: readonly number[];
  };
  /** `found` are the buckets of one distance after the other, the first of which is `first`. */
  relative_buckets: {
    readonly name: string;
    readonly options: { buckets: number; maximumDistance: number; bidirectional: boolean };
    readonly first: number;
    readonly found: TensorValues;
  };
  /** One record for each update; `average` is the name of the class. */
  weight_averages: {
    readonly name: string;
    readonly average: 'ExponentialMovingAverage' | 'StochasticWeightAverage';
    readonly options: object;
    readonly weights: readonly TensorRecord[];
    readonly averages: readonly TensorRecord[];
  };
  /** Whole files of one tensor `x`; `values`, `restored` and `file` are base64. */
  safetensors: {
    readonly name: 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'U8' | 'BOOL';
    readonly dtype: 'float32' | 'int32' | 'bool';
    readonly shape: number[];
    readonly values: string;
    readonly restored: string;
    readonly file: string;
  };
  /** Pillow's resizing of bytes x; a preprocessor's settings, and what it makes of x; or a file, base64, and its bytes. */
  image_preprocessor: {
    readonly name: string;
    readonly options:
      | { readonly size: readonly [number, number]; readonly resample: number }
      | { readonly file: string }
      | Readonly<Record<string, unknown>>;
    readonly inputs: TensorRecord;
    readonly output: TensorValues;
  };
  /** Whole files of torch.save in base64. */
  pytorch_files: {
    readonly name: string;
    readonly file: string;
    /** What is in it: types as safetensors names them, bytes in base64 and row-major order. */
    readonly tensors?: Readonly<Record<string, { dtype: string; shape: number[]; bytes: string }>>;
    /** A word of what is said of a file that is refused. */
    readonly error?: string;
  };
  metrics: {
    readonly name: string;
    /** 0 classes: a regression; 1: one score of two classes. */
    readonly options: { readonly classes: number };
    readonly inputs: TensorRecord;
    /** By the name of the metric and its variant. */
    readonly expected: Readonly<Record<string, number | readonly number[] | readonly (readonly number[])[]>>;
  };
  gpt: GptCase;
  llama: LlamaCase;
  published_heads: PublishedCase;
}

/** The name of a fixture. */
export type FixtureName = keyof Fixtures;

/** The names of the fixtures whose cases run forward and backward. */
export type ForwardFixtureName = {
  [Name in FixtureName]: Fixtures[Name] extends ForwardCase<unknown> ? Name : never;
}[FixtureName];

const FOLDER = join(import.meta.dirname, '..', 'fixtures');

/** Reads one fixture of packages/testing/fixtures. */
export function golden<Name extends FixtureName>(name: Name): Fixture<Fixtures[Name]> {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Fixture<Fixtures[Name]>;
}
