// SPDX-License-Identifier: Apache-2.0
// Our own operations, one line per file.

export { type AdamWStepOptions, adamWStep, plainAdamWStep } from './adamw-step.ts';
export { type AttentionOptions, plainAttention, scaledDotProductAttention } from './attention.ts';
export { type CtcLossOptions, ctcLoss, plainCtcLoss } from './ctc-loss.ts';
export { type DropoutOptions, dropout, plainDropout } from './dropout.ts';
export { type EmbeddingOptions, embedding, plainEmbedding } from './embedding.ts';
export { type GeluOptions, gelu, plainGelu } from './gelu.ts';
export {
  type ClippedGradients,
  clipByGlobalNorm,
  globalNorm,
  plainClipByGlobalNorm,
  plainGlobalNorm,
} from './global-norm.ts';
export { type LayerNormOptions, layerNorm, plainLayerNorm } from './layer-norm.ts';
export { type LinearActivation, type LinearOptions, linear, plainLinear } from './linear.ts';
export { type RmsNormOptions, plainRmsNorm, rmsNorm } from './rms-norm.ts';
export { plainSgdStep, sgdStep, type SgdStepOptions } from './sgd-step.ts';
export {
  plainSoftmaxCrossEntropy,
  softmaxCrossEntropy,
  type SoftmaxCrossEntropyOptions,
} from './softmax-cross-entropy.ts';
