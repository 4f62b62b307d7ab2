// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/layers.

export { GELU, ReLU, Sigmoid, SiLU, Softmax, Tanh } from './activations.ts';
export { GLU, LogSoftmax, Softmin } from './activations/along-axis.ts';
export type { AxisOptions } from './activations/over-axis.ts';
export {
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  type HardtanhOptions,
  type ShrinkOptions,
  Softshrink,
} from './activations/piecewise.ts';
export {
  type AlphaOptions,
  CELU,
  ELU,
  LeakyReLU,
  type LeakyReLUOptions,
  PReLU,
  type PReLUOptions,
  ReLU6,
  SELU,
  Threshold,
} from './activations/rectifiers.ts';
export { LogSigmoid, Mish, Softplus, type SoftplusOptions, Softsign, Tanhshrink } from './activations/smooth.ts';
export {
  type AttentionMasks,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from './attention/multi-head-attention.ts';
export { LearnedPositions, SinusoidalPositions } from './attention/positions.ts';
export { TransformerEncoderLayer, type TransformerEncoderLayerOptions } from './attention/transformer-encoder-layer.ts';
export { Dropout, type DropoutOptions } from './dropout.ts';
export { Embedding, type EmbeddingOptions } from './embedding.ts';
export { type NonFinite, findNonFinite } from './find-non-finite.ts';
export { LayerNorm } from './layer-norm.ts';
export { Linear, type LinearOptions } from './linear.ts';
export { BCEWithLogitsLoss, binaryCrossEntropyWithLogits } from './losses/bce-with-logits-loss.ts';
export { CrossEntropyLoss, crossEntropy } from './losses/cross-entropy-loss.ts';
export { MSELoss, mseLoss } from './losses/mse-loss.ts';
export type { LossOptions, Reduction } from './losses/reduction.ts';
export { type Layer, Module, type StateDict } from './module.ts';
export { ModuleList } from './module-list.ts';
export { type Parameter, buffer, parameter } from './parameter.ts';
export { RMSNorm } from './rms-norm.ts';
export { Sequential } from './sequential.ts';
