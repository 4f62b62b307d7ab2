// SPDX-License-Identifier: Apache-2.0
// The definitions of our own kernels, one line per file.

import type { KernelConfig } from '../../tf.ts';
import { activationDefinitions } from './activation.ts';
import { addIntoDefinitions } from './add-into.ts';
import { attentionDefinitions } from './attention.ts';
import { blankDefinitions } from './blank.ts';
import { cachedSelfAttentionDefinitions } from './cached-self-attention.ts';
import { clipByValueDefinitions } from './clip-by-value.ts';
import { convolutionDefinitions } from './convolution.ts';
import { copyIntoDefinitions } from './copy-into.ts';
import { ctcLossDefinitions } from './ctc-loss.ts';
import { cumsumDefinitions } from './cumsum.ts';
import { dropoutDefinitions } from './dropout.ts';
import { elementwiseLossDefinitions } from './elementwise-loss.ts';
import { embeddingDefinitions } from './embedding.ts';
import { globalNormDefinitions } from './global-norm.ts';
import { groupNormDefinitions } from './group-norm.ts';
import { indexCopyDefinitions } from './index-copy-into.ts';
import { integerDefinitions } from './integers.ts';
import { layerNormDefinitions } from './layer-norm.ts';
import { linearDefinitions } from './linear.ts';
import { matMulDefinitions } from './mat-mul.ts';
import { optimizerRuleDefinitions } from './optimizer-rule.ts';
import { optimizerStepDefinitions } from './optimizer-step.ts';
import { orderDefinitions } from './order.ts';
import { poolDefinitions } from './pool.ts';
import { randomDefinitions } from './random.ts';
import { recurrentDefinitions } from './recurrent.ts';
import { resampleDefinitions } from './resample.ts';
import { rmsNormDefinitions } from './rms-norm.ts';
import { selfAttentionDefinitions } from './self-attention.ts';
import { segmentSumDefinitions } from './segment-sum.ts';
import { sequenceDefinitions } from './sequence.ts';
import { crossEntropyDefinitions } from './softmax-cross-entropy.ts';
import { storeAsBfloat16Definitions } from './store-as-bfloat16.ts';

export const definitions: readonly KernelConfig[] = [
  ...activationDefinitions,
  ...addIntoDefinitions,
  ...attentionDefinitions,
  ...blankDefinitions,
  ...cachedSelfAttentionDefinitions,
  ...clipByValueDefinitions,
  ...crossEntropyDefinitions,
  ...convolutionDefinitions,
  ...copyIntoDefinitions,
  ...ctcLossDefinitions,
  ...cumsumDefinitions,
  ...dropoutDefinitions,
  ...elementwiseLossDefinitions,
  ...embeddingDefinitions,
  ...globalNormDefinitions,
  ...groupNormDefinitions,
  ...indexCopyDefinitions,
  ...integerDefinitions,
  ...layerNormDefinitions,
  ...linearDefinitions,
  ...matMulDefinitions,
  ...optimizerRuleDefinitions,
  ...optimizerStepDefinitions,
  ...orderDefinitions,
  ...poolDefinitions,
  ...randomDefinitions,
  ...recurrentDefinitions,
  ...resampleDefinitions,
  ...rmsNormDefinitions,
  ...selfAttentionDefinitions,
  ...segmentSumDefinitions,
  ...sequenceDefinitions,
  ...storeAsBfloat16Definitions,
];
