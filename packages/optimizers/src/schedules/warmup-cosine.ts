// SPDX-License-Identifier: Apache-2.0
// A linear rise followed by half a cosine down.

import { checkInteger, checkNumber, checkOptions } from '@nabla/core';

import type { Schedule } from './schedule.ts';

export interface WarmupCosineOptions {
  /** The highest learning rate. */
  peak: number;
  /** Steps of the rise; default 0. */
  warmupSteps?: number;
  /** Step from which on `minimum` holds. */
  totalSteps: number;
  /** The lowest learning rate; default 0. */
  minimum?: number;
}

/**
 * With t = step, w = warmupSteps, T = totalSteps:
 * `peak · (t + 1) / (w + 1)` while t < w; then `minimum + (peak - minimum) · (1 + cos(π (t - w) / (T - w))) / 2`; `minimum` after T.
 *
 * @see Loshchilov & Hutter 2016, https://arxiv.org/abs/1608.03983; the form is that of nanoGPT's get_lr
 * @example
 * warmupCosine({ peak: 1, totalSteps: 100 })(50); // 0.5
 */
export function warmupCosine(options: WarmupCosineOptions): Schedule {
  checkOptions('warmupCosine', options, ['warmupSteps', 'minimum'], ['peak', 'totalSteps']);
  const { peak, warmupSteps = 0, totalSteps, minimum = 0 } = options;
  checkNumber('warmupCosine', 'peak', peak, { minimum: 0 });
  checkNumber('warmupCosine', 'minimum', minimum, { minimum: 0, maximum: peak });
  checkInteger('warmupCosine', 'totalSteps', totalSteps, { minimum: 0 });
  checkInteger('warmupCosine', 'warmupSteps', warmupSteps, { minimum: 0 });
  return (step) => {
    if (step < warmupSteps) return (peak * (step + 1)) / (warmupSteps + 1);
    if (step >= totalSteps) return minimum;
    const progress = (step - warmupSteps) / (totalSteps - warmupSteps);
    return minimum + ((peak - minimum) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
