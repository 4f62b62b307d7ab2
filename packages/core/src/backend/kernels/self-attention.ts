// SPDX-License-Identifier: Apache-2.0
// Attention of a sequence to itself on device cpu.

import { broadcastStrides } from '../../shape.ts';
import type { KernelConfig } from '../../tf.ts';
import { NO_BUFFER } from '../addon.ts';
import {
  type SelfAttentionAttributes,
  type SelfAttentionGradInputs,
  type SelfAttentionInputs,
  selfAttentionSizes,
} from '../definitions/self-attention.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeCalls } from '../native-kernels.ts';

type Shared = Omit<NativeCalls['self_attention_f32'], 'out' | 'log_sum_exp'>;

/** What the forward and the backward call have in common. */
function sharedArguments(
  { x, mask }: SelfAttentionInputs,
  { causal, scale, dropout, seed, offset, heads: count }: SelfAttentionAttributes,
  backend: NativeBackend,
): Shared {
  const { batch, heads, time, headSize } = selfAttentionSizes(x, count);
  return {
    in: backend.buffer(x),
    mask: mask === undefined ? NO_BUFFER : backend.buffer(mask),
    batch,
    heads,
    time,
    head_size: headSize,
    causal: Number(causal),
    mask_strides: mask === undefined ? [] : broadcastStrides(mask.shape, [batch, heads, time, time]),
    scale,
    dropout,
    seed,
    offset,
  };
}

const selfAttention = nativeKernel<SelfAttentionInputs, SelfAttentionAttributes>('NablaSelfAttention', {
  run: (inputs, attributes, backend) => {
    const { batch, heads, time, headSize } = selfAttentionSizes(inputs.x, attributes.heads);
    const out = backend.allocate([batch, time, heads * headSize], 'float32');
    const logSumExp = backend.allocate([batch, heads, time], 'float32');
    const shared = sharedArguments(inputs, attributes, backend);
    backend.kernels.self_attention_f32({ ...shared, out: backend.buffer(out), log_sum_exp: backend.buffer(logSumExp) });
    return [out, logSumExp];
  },
});

const selfAttentionGrad = nativeKernel<SelfAttentionGradInputs, SelfAttentionAttributes>('NablaSelfAttentionGrad', {
  run: (inputs, attributes, backend) => {
    const { gradOut, x, out, logSumExp } = inputs;
    const gradX = backend.allocate(x.shape, 'float32');
    backend.kernels.self_attention_grad_f32({
      ...sharedArguments(inputs, attributes, backend),
      grad_out: backend.buffer(gradOut),
      out: backend.buffer(out),
      log_sum_exp: backend.buffer(logSumExp),
      grad_in: backend.buffer(gradX),
    });
    return gradX;
  },
});

export const selfAttentionKernels: readonly KernelConfig[] = [selfAttention, selfAttentionGrad];
