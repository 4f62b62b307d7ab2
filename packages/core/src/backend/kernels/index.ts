// SPDX-License-Identifier: Apache-2.0
// The native kernels of device cpu, one line per file. Every other kernel runs its definition on host memory.

import type { KernelConfig } from '../../tf.ts';
import { activationKernels } from './activation.ts';
import { addIntoKernels } from './add-into.ts';
import { addNKernels } from './add-n.ts';
import { arrangeKernels } from './arrange.ts';
import { attentionKernels } from './attention.ts';
import { binaryKernels } from './binary.ts';
import { blankKernels } from './blank.ts';
import { cachedSelfAttentionKernels } from './cached-self-attention.ts';
import { castKernels } from './cast.ts';
import { clipByValueKernels } from './clip-by-value.ts';
import { crossEntropyKernels } from './softmax-cross-entropy.ts';
import { convolutionKernels } from './convolution.ts';
import { copyIntoKernels } from './copy-into.ts';
import { ctcLossKernels } from './ctc-loss.ts';
import { dropoutKernels } from './dropout.ts';
import { elementwiseLossKernels } from './elementwise-loss.ts';
import { embeddingKernels } from './embedding.ts';
import { fillKernels } from './fill.ts';
import { gatherKernels } from './gather.ts';
import { globalNormKernels } from './global-norm.ts';
import { groupNormKernels } from './group-norm.ts';
import { indexCopyKernels } from './index-copy-into.ts';
import { layerNormKernels } from './layer-norm.ts';
import { matMulKernels } from './mat-mul.ts';
import { optimizerRuleKernels } from './optimizer-rule.ts';
import { optimizerStepKernels } from './optimizer-step.ts';
import { poolKernels } from './pool.ts';
import { randomKernels } from './random.ts';
import { recurrentKernels } from './recurrent.ts';
import { reduceKernels } from './reduce.ts';
import { resampleKernels } from './resample.ts';
import { rmsNormKernels } from './rms-norm.ts';
import { selfAttentionKernels } from './self-attention.ts';
import { selectKernels } from './select.ts';
import { sliceKernels } from './slice.ts';
import { softmaxKernels } from './softmax.ts';
import { storageKernels } from './storage.ts';
import { storeAsBfloat16Kernels } from './store-as-bfloat16.ts';
import { tfjsConvolutionKernels } from './tfjs-convolution.ts';
import { tfjsPoolKernels } from './tfjs-pool.ts';
import { unaryKernels } from './unary.ts';

export const kernels: readonly KernelConfig[] = [
  ...activationKernels,
  ...addIntoKernels,
  ...addNKernels,
  ...arrangeKernels,
  ...attentionKernels,
  ...binaryKernels,
  ...blankKernels,
  ...cachedSelfAttentionKernels,
  ...castKernels,
  ...clipByValueKernels,
  ...crossEntropyKernels,
  ...convolutionKernels,
  ...copyIntoKernels,
  ...ctcLossKernels,
  ...dropoutKernels,
  ...elementwiseLossKernels,
  ...embeddingKernels,
  ...fillKernels,
  ...gatherKernels,
  ...globalNormKernels,
  ...groupNormKernels,
  ...indexCopyKernels,
  ...layerNormKernels,
  ...matMulKernels,
  ...optimizerRuleKernels,
  ...optimizerStepKernels,
  ...poolKernels,
  ...randomKernels,
  ...recurrentKernels,
  ...reduceKernels,
  ...resampleKernels,
  ...rmsNormKernels,
  ...selfAttentionKernels,
  ...selectKernels,
  ...sliceKernels,
  ...softmaxKernels,
  ...storageKernels,
  ...storeAsBfloat16Kernels,
  ...tfjsConvolutionKernels,
  ...tfjsPoolKernels,
  ...unaryKernels,
];
