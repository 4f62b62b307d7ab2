// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/layers.

export { GELU, ReLU, Sigmoid, SiLU, Softmax, Tanh } from './activations.ts';
export { GLU, LogSoftmax, Softmin } from './activations/along-axis.ts';
export type { AxisOptions } from './activations/axis-option.ts';
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
export type { AttentionMasks } from './attention/masks.ts';
export {
  type AttentionWeightsOptions,
  MultiHeadAttention,
  type MultiHeadAttentionOptions,
} from './attention/multi-head-attention.ts';
export { LearnedPositions, SinusoidalPositions } from './attention/positions.ts';
export { RotaryEmbedding, type RotaryEmbeddingOptions, type RotaryPositions } from './attention/rotary-embedding.ts';
export { SelfAttention2d, type SelfAttention2dOptions } from './attention/self-attention2d.ts';
export { Transformer, type TransformerMasks, type TransformerOptions } from './attention/transformer.ts';
export { TransformerDecoder } from './attention/transformer-decoder.ts';
export { type DecoderMasks, TransformerDecoderLayer } from './attention/transformer-decoder-layer.ts';
export { TransformerEncoder, type TransformerStackOptions } from './attention/transformer-encoder.ts';
export { TransformerEncoderLayer } from './attention/transformer-encoder-layer.ts';
export type { TransformerLayerOptions } from './attention/transformer-options.ts';
export { Bilinear, type BilinearOptions } from './bilinear.ts';
export {
  CosineSimilarity,
  type CosineSimilarityOptions,
  PairwiseDistance,
  type PairwiseDistanceOptions,
  cosineSimilarity,
  pairwiseDistance,
} from './distances.ts';
export { Conv1d, Conv2d, Conv3d, type ConvLayerOptions } from './conv/conv.ts';
export { ConvTranspose1d, ConvTranspose2d, type ConvTransposeLayerOptions } from './conv/conv-transpose.ts';
export { Dropout, type DropoutOptions } from './dropout.ts';
export { Embedding, type EmbeddingOptions } from './embedding.ts';
export { EmbeddingBag, type EmbeddingBagOptions } from './embedding-bag.ts';
export { type NonFinite, findNonFinite } from './find-non-finite.ts';
export type { HookHandle } from './hooks.ts';
export { Identity } from './identity.ts';
export { LayerNorm } from './layer-norm.ts';
export { Linear, type LinearOptions } from './linear.ts';
export { BCELoss, type BCELossOptions, binaryCrossEntropy } from './losses/bce-loss.ts';
export {
  BCEWithLogitsLoss,
  type BCEWithLogitsLossOptions,
  binaryCrossEntropyWithLogits,
} from './losses/bce-with-logits-loss.ts';
export {
  CosineEmbeddingLoss,
  type CosineEmbeddingLossOptions,
  cosineEmbeddingLoss,
} from './losses/cosine-embedding-loss.ts';
export { CrossEntropyLoss, type CrossEntropyOptions, crossEntropy } from './losses/cross-entropy-loss.ts';
export { CTCLoss } from './losses/ctc-loss.ts';
export { FocalLoss, type FocalLossOptions, sigmoidFocalLoss } from './losses/focal-loss.ts';
export { GaussianNLLLoss, type GaussianNLLLossOptions, gaussianNllLoss } from './losses/gaussian-nll-loss.ts';
export {
  HingeEmbeddingLoss,
  type HingeEmbeddingLossOptions,
  hingeEmbeddingLoss,
} from './losses/hinge-embedding-loss.ts';
export { HuberLoss, type HuberLossOptions, huberLoss } from './losses/huber-loss.ts';
export { InfoNCELoss, type InfoNCELossOptions, infoNceLoss } from './losses/info-nce-loss.ts';
export { KLDivLoss, type KLDivLossOptions, klDivLoss } from './losses/kl-div-loss.ts';
export { L1Loss, l1Loss } from './losses/l1-loss.ts';
export type { LabelOptions } from './losses/labels.ts';
export { MarginRankingLoss, type MarginRankingLossOptions, marginRankingLoss } from './losses/margin-ranking-loss.ts';
export { MSELoss, mseLoss } from './losses/mse-loss.ts';
export { NLLLoss, nllLoss } from './losses/nll-loss.ts';
export { PoissonNLLLoss, type PoissonNLLLossOptions, poissonNllLoss } from './losses/poisson-nll-loss.ts';
export type { LossOptions, Reduction } from './losses/reduction.ts';
export { SmoothL1Loss, type SmoothL1LossOptions, smoothL1Loss } from './losses/smooth-l1-loss.ts';
export { TripletMarginLoss, type TripletMarginLossOptions, tripletMarginLoss } from './losses/triplet-margin-loss.ts';
export { type Layer, Module, type StateDict, type UnmatchedNames } from './module.ts';
export { ModuleDict } from './module-dict.ts';
export { ModuleList } from './module-list.ts';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormLayerOptions } from './norm/batch-norm.ts';
export { GroupNorm, type GroupNormLayerOptions } from './norm/group-norm.ts';
export { InstanceNorm1d, InstanceNorm2d, type InstanceNormOptions } from './norm/instance-norm.ts';
export { type SpectralNormOptions, removeSpectralNorm, spectralNorm } from './norm/spectral-norm.ts';
export { type WeightNormOptions, removeWeightNorm, weightNorm } from './norm/weight-norm.ts';
export { type Parameter, buffer, parameter } from './parameter.ts';
export { ParameterDict } from './parameter-dict.ts';
export { ParameterList } from './parameter-list.ts';
export { AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool2d } from './pool/adaptive-pool.ts';
export { AvgPool1d, AvgPool2d, AvgPool3d } from './pool/average-pool.ts';
export { MaxPool1d, MaxPool2d, MaxPool3d } from './pool/max-pool.ts';
export { GRUCell, LSTMCell, RNNCell, type RNNCellOptions, type RecurrentCellOptions } from './recurrent/cells.ts';
export { GRU } from './recurrent/gru.ts';
export { LSTM } from './recurrent/lstm.ts';
export type { RecurrentInput, RecurrentLayerOptions } from './recurrent/recurrent-layer.ts';
export { RNN, type RNNOptions } from './recurrent/rnn.ts';
export { RMSNorm } from './rms-norm.ts';
export { Sequential } from './sequential.ts';
export { ModuleSummary, type SummaryRow, summarize, summary } from './summary.ts';
export { Flatten, Unflatten } from './spatial/flatten.ts';
export {
  CircularPad1d,
  CircularPad2d,
  ConstantPad1d,
  ConstantPad2d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReplicationPad1d,
  ReplicationPad2d,
  ZeroPad1d,
  ZeroPad2d,
} from './spatial/padding.ts';
export { PixelShuffle, PixelUnshuffle } from './spatial/pixel-shuffle.ts';
export { Upsample } from './spatial/upsample.ts';
