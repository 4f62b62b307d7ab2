// SPDX-License-Identifier: Apache-2.0
// The activation that tfjs may ask a product or a convolution for: some are fused into the native kernel, the others are
// applied to its result, in place.

import { sizeOf } from '../../shape.ts';
import type { TensorInfo } from '../../tf.ts';
import type { Activation } from '../definitions/activation.ts';
import type { NativeBackend } from '../native-backend.ts';
import { runBroadcast } from './broadcast.ts';

/** What tfjs' fused kernels are told about it, beside other attributes. */
export interface TfjsActivation {
  readonly activation?: string | null;
  readonly leakyreluAlpha?: number;
}

/** By tfjs' names. */
const FUSED: Readonly<Record<string, Activation>> = { linear: 'none', relu: 'relu', sigmoid: 'sigmoid' };
const IN_PLACE = ['relu6', 'elu', 'leakyrelu', 'prelu'];

/** Whether the result of a call, whose last axis has `channels`, can be finished natively; `slopes` are those of prelu. */
export function canActivate(
  { activation }: TfjsActivation,
  slopes: TensorInfo | null | undefined,
  channels: number,
): boolean {
  const name = activation ?? 'linear';
  if (name !== 'prelu') return name in FUSED || IN_PLACE.includes(name);
  if (slopes?.dtype !== 'float32') return false;
  const [last, ...before] = [...slopes.shape].reverse();
  return (last === undefined || last === 1 || last === channels) && before.every((length) => length === 1);
}

/** What the native kernel is to do itself. */
export function fusedActivation({ activation }: TfjsActivation): Activation {
  return FUSED[activation ?? 'linear'] ?? 'none';
}

/** Does the rest on `out`. */
export function activate(
  backend: NativeBackend,
  out: TensorInfo,
  { activation, leakyreluAlpha = 0.2 }: TfjsActivation,
  slopes?: TensorInfo | null,
): void {
  const call = { in: backend.buffer(out), out: backend.buffer(out), count: sizeOf(out.shape) };
  if (activation === 'relu6') backend.kernels.relu6_f32(call);
  if (activation === 'elu') backend.kernels.elu_f32(call);
  if (activation === 'leakyrelu') backend.kernels.leaky_relu_f32({ ...call, alpha: leakyreluAlpha });
  if (activation === 'prelu' && slopes != null) runBroadcast(backend, 'prelu_f32', out, slopes, out);
}
