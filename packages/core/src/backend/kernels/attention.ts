// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention on device cpu.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { NO_BUFFER } from '../addon.ts';
import {
  type AttentionAttributes,
  type AttentionGradInputs,
  type AttentionInputs,
  attentionSizes,
} from '../definitions/attention.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeCalls } from '../native-kernels.ts';

type Shared = Omit<NativeCalls['attention_f32'], 'out' | 'log_sum_exp'>;

/** What the forward and the backward call have in common. */
function sharedArguments(inputs: AttentionInputs, attributes: AttentionAttributes, backend: NativeBackend): Shared {
  const { batch, heads, keyHeads, queryTime, keyTime, headSize, valueSize, maskStrides } = attentionSizes(inputs);
  const { causal, scale, dropout, seed, offset } = attributes;
  const [query, key, value, mask] = inputs;
  return {
    query: backend.buffer(query),
    key: backend.buffer(key),
    value: backend.buffer(value),
    mask: mask?.dtype === 'bool' ? backend.buffer(mask) : NO_BUFFER,
    bias: mask?.dtype === 'float32' ? backend.buffer(mask) : NO_BUFFER,
    batch,
    heads,
    key_heads: keyHeads,
    query_time: queryTime,
    key_time: keyTime,
    head_size: headSize,
    value_size: valueSize,
    causal: Number(causal),
    mask_strides: mask?.dtype === 'bool' ? maskStrides : [],
    bias_strides: mask?.dtype === 'float32' ? maskStrides : [],
    scale,
    dropout,
    seed,
    offset,
  };
}

/** → [out `[batch, heads, queryTime, valueSize]`, logSumExp `[batch, heads, queryTime]`] */
export function runAttention(
  inputs: AttentionInputs,
  attributes: AttentionAttributes,
  backend: NativeBackend,
): [TensorInfo, TensorInfo] {
  const { batch, heads, queryTime, valueSize } = attentionSizes(inputs);
  const out = backend.allocate([batch, heads, queryTime, valueSize], 'float32');
  const logSumExp = backend.allocate([batch, heads, queryTime], 'float32');
  const shared = sharedArguments(inputs, attributes, backend);
  backend.kernels.attention_f32({ ...shared, out: backend.buffer(out), log_sum_exp: backend.buffer(logSumExp) });
  return [out, logSumExp];
}

const attention = nativeKernel<AttentionInputs, AttentionAttributes>('NablaAttention', { run: runAttention });

const attentionGrad = nativeKernel<AttentionGradInputs, AttentionAttributes>('NablaAttentionGrad', {
  run: ([gradOut, out, logSumExp, ...inputs], attributes, backend) => {
    const [query, key, value] = inputs;
    const gradients = [query, key, value].map(({ shape }) => backend.allocate(shape, 'float32'));
    const [gradQuery, gradKey, gradValue] = gradients.map((gradient) => backend.buffer(gradient));
    backend.kernels.attention_grad_f32({
      ...sharedArguments(inputs, attributes, backend),
      grad_out: backend.buffer(gradOut),
      out: backend.buffer(out),
      log_sum_exp: backend.buffer(logSumExp),
      grad_query: gradQuery,
      grad_key: gradKey,
      grad_value: gradValue,
    });
    return gradients;
  },
});

const attentionScoresGrad = nativeKernel<AttentionGradInputs, AttentionAttributes>('NablaAttentionScoresGrad', {
  run: ([gradOut, out, logSumExp, ...inputs], attributes, backend) => {
    const { batch, heads, queryTime, keyTime } = attentionSizes(inputs);
    const gradScores = backend.allocate([batch, heads, queryTime, keyTime], 'float32');
    backend.kernels.attention_scores_grad_f32({
      ...sharedArguments(inputs, attributes, backend),
      grad_out: backend.buffer(gradOut),
      out: backend.buffer(out),
      log_sum_exp: backend.buffer(logSumExp),
      grad_scores: backend.buffer(gradScores),
    });
    return gradScores;
  },
});

export const attentionKernels: readonly KernelConfig[] = [attention, attentionGrad, attentionScoresGrad];
