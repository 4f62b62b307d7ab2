// SPDX-License-Identifier: Apache-2.0
// Our own operations, one line per file.

export { ACTIVATIONS, type Activation } from '../backend/definitions/activation.ts';
export type { ElementwiseLoss } from '../backend/definitions/elementwise-loss.ts';
export { type AdamWStepOptions, adamWStep, plainAdamWStep } from './adamw-step.ts';
export { add } from './add.ts';
export { type AllCloseOptions, allClose } from './all-close.ts';
export { type AttentionOptions, attentionWeights, plainAttention, scaledDotProductAttention } from './attention.ts';
export {
  type AveragePoolOptions,
  adaptiveAveragePool1d,
  adaptiveAveragePool2d,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  checkAveragePool,
  plainAdaptiveAveragePool,
  plainAveragePool,
} from './average-pool.ts';
export { type BatchNormOptions, batchNorm, plainBatchNorm } from './batch-norm.ts';
export { broadcastTo, where } from './broadcast-to.ts';
export { type AttentionCache, cachedSelfAttention, plainCachedSelfAttention } from './cached-self-attention.ts';
export { type ClampOptions, type NanToNumOptions, clamp, maskedFill, nanToNum } from './clamp.ts';
export { clipGradientsByValue, plainClipGradientsByValue } from './clip-by-value.ts';
export { type ConvOptions, conv1d, conv2d, conv3d, plainConvolution } from './convolution.ts';
export { type ConvolutionKernel, type ConvolutionOptions, checkConvolution } from './convolution-options.ts';
export { copyInto, plainCopyInto } from './copy-into.ts';
export { type CtcLossOptions, ctcLoss, plainCtcLoss } from './ctc-loss.ts';
export { cumprod } from './cumprod.ts';
export { cumsum } from './cumsum.ts';
export { cumulativeMax } from './cumulative-max.ts';
export { type DropoutOptions, dropout, plainDropout } from './dropout.ts';
export { type ElementwiseLossOptions, elementwiseLoss, plainElementwiseLoss } from './elementwise-loss.ts';
export { type EmbeddingOptions, embedding, plainEmbedding } from './embedding.ts';
export { einsum } from './einsum.ts';
export { max, min } from './extrema.ts';
export { gatherAlong, scatterAdd } from './gather-along.ts';
export { type BadIndex, type FindBadIndexOptions, findBadIndex } from './find-bad-index.ts';
export { type GeluOptions, gelu, plainGelu } from './gelu.ts';
export {
  type ClippedGradients,
  clipByGlobalNorm,
  globalNorm,
  plainClipByGlobalNorm,
  plainGlobalNorm,
} from './global-norm.ts';
export { type GroupNormOptions, checkGroups, groupNorm, instanceNorm, plainGroupNorm } from './group-norm.ts';
export { indexCopyInto, plainIndexCopyInto } from './index-copy-into.ts';
export { type LayerNormOptions, layerNorm, plainLayerNorm } from './layer-norm.ts';
export { type LinearActivation, type LinearOptions, linear, plainLinear } from './linear.ts';
export { logSumExp } from './log-sum-exp.ts';
export {
  type MaxPoolOptions,
  adaptiveMaxPool2d,
  checkMaxPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  plainAdaptiveMaxPool,
  plainMaxPool,
} from './max-pool.ts';
export { mirrorPad } from './mirror-pad.ts';
export { type OptimizerRates, type OptimizerRule, optimizerRuleStep } from './optimizer-rule-step.ts';
export { pad } from './pad.ts';
export {
  type Padding,
  type PadMode,
  type PadSpatialOptions,
  type PadWidths,
  checkPadValue,
  padSpatial,
  padWidths,
} from './pad-spatial.ts';
export { pixelShuffle, pixelUnshuffle } from './pixel-shuffle.ts';
export type { PoolKernel, PoolOptions } from './pool-windows.ts';
export { plainGru, plainLstm, plainRnn } from './plain-recurrent.ts';
export { gru, lstm, rnn } from './recurrent.ts';
export type {
  LstmState,
  RecurrentOptions,
  RecurrentResult,
  RecurrentWeights,
  RnnOptions,
} from './recurrent-options.ts';
export { type Axes, type Reduce, all, any, mean, prod, sum } from './reductions.ts';
export { reshape } from './reshape.ts';
export { type RmsNormOptions, plainRmsNorm, rmsNorm } from './rms-norm.ts';
export { plainSelfAttention, selfAttention } from './self-attention.ts';
export { repeatInterleave, roll } from './roll.ts';
export { slice } from './slice.ts';
export { plainSgdStep, sgdStep, type SgdStepOptions } from './sgd-step.ts';
export { logSoftmax, softmax } from './softmax.ts';
export {
  plainSoftmaxCrossEntropy,
  softmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
} from './softmax-cross-entropy.ts';
export { storeAsBfloat16 } from './store-as-bfloat16.ts';
export { type Sorted, type SortOptions, type TopKOptions, argSort, sort, topk } from './sort.ts';
export { type PerAxis, perAxis } from './spatial.ts';
export { transpose } from './transpose.ts';
export { diagonal, trace, tril, triu } from './triangle.ts';
export { type UpsampleMode, type UpsampleOptions, checkUpsample, upsample } from './upsample.ts';
export { floorDiv, logicalAnd } from './unrecorded.ts';
export { tensor, tensor1d, tensor2d, tensor3d, tensor4d, tensor5d } from './tensor.ts';
export {
  type ConvTransposeOptions,
  checkConvTranspose,
  convTranspose1d,
  convTranspose2d,
  plainConvTranspose1d,
} from './transposed-convolution.ts';
export { type VectorNormOptions, vectorNorm } from './vector-norm.ts';
