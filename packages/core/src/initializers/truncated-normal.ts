// SPDX-License-Identifier: Apache-2.0
// Normally distributed numbers of which those outside an interval are never drawn.

import { checkNumber, checkOptions, checkSizes } from '../check.ts';
import { philox } from '../philox.ts';
import { type Generator, blocksFor } from '../random.ts';
import { sizeOf } from '../shape.ts';
import { type Tensor, tensor } from '../tf.ts';
import { normalCumulative, normalQuantile } from './normal-quantile.ts';

export interface TruncatedNormalOptions {
  /** Of the distribution before it is cut; default 0. */
  readonly mean?: number;
  /** Of the distribution before it is cut, > 0; default 1. */
  readonly standardDeviation?: number;
  /** The smallest value, not in standard deviations; default -2. */
  readonly low?: number;
  /** The largest value, not in standard deviations; default 2. */
  readonly high?: number;
}

/**
 * The normal distribution, conditional on `[low, high]`: with F its cumulative distribution, the value is `F^-1(p)` of a
 * uniform `p` in `[F(low), F(high)]`. Computed on the host, so that all devices get the same bits; one word per element.
 *
 * @throws {ArgumentError} `low` is not below `high`, or so little of the distribution lies between that nothing can be drawn
 * @see PyTorch, torch.nn.init.trunc_normal_
 */
export function truncatedNormal(
  shape: readonly number[],
  generator: Generator,
  options: TruncatedNormalOptions = {},
): Tensor {
  checkOptions('truncatedNormal', options, ['mean', 'standardDeviation', 'low', 'high']);
  const { mean = 0, standardDeviation = 1, low = -2, high = 2 } = options;
  checkSizes('truncatedNormal', 'shape', shape);
  checkNumber('truncatedNormal', 'mean', mean);
  checkNumber('truncatedNormal', 'standardDeviation', standardDeviation, { above: 0 });
  checkNumber('truncatedNormal', 'low', low);
  checkNumber('truncatedNormal', 'high', high, { above: low });

  // The upper tail is mirrored to the lower one, where small probabilities are exact: near 1 they round away.
  const mirror = low > mean ? -1 : 1;
  const [lowest, highest] = mirror === 1 ? [low, high] : [-high, -low];
  const first = normalCumulative((lowest - mirror * mean) / standardDeviation);
  const last = normalCumulative((highest - mirror * mean) / standardDeviation);
  checkNumber('truncatedNormal', 'the probability of [low, high]', last - first, { above: 0 });

  const out = new Float32Array(sizeOf(shape));
  const words = new Uint32Array(4);
  const offset = generator.next(blocksFor(out.length));
  for (let i = 0; i < out.length; i++) {
    if (i % 4 === 0) philox(generator.seed, offset + i / 4, words);
    const probability = first + ((last - first) * (words[i % 4] + 0.5)) / 2 ** 32;
    const value = mean + mirror * standardDeviation * normalQuantile(probability);
    out[i] = Math.min(Math.max(value, low), high);
  }
  return tensor(out, [...shape], 'float32');
}
