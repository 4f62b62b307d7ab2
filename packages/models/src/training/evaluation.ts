// SPDX-License-Identifier: Apache-2.0
// Metrics over a data set, batch by batch.

import { type Tensor, scope } from '@nabla/core';
import type { Dataset } from '@nabla/data';

import type { Metrics } from './events.ts';

/** How a data set is looked at. */
export interface EvaluationOptions<Example, Batch> {
  readonly batchSize: number;
  readonly collate: (examples: readonly Example[]) => Batch;
  /** Look at this many examples only, spread evenly over the data set; default: all. */
  readonly count?: number;
}

/**
 * Means over examples: adds up what `measure` gives for each batch and divides by the number of examples.
 *
 * @param measure for each metric, its sum over the examples of a batch, as a scalar
 */
export function meanMetrics<Example, Batch>(
  dataset: Dataset<Example>,
  { batchSize, collate, count = Infinity }: EvaluationOptions<Example, Batch>,
  measure: (batch: Batch) => Readonly<Record<string, Tensor>>,
): Metrics {
  const size = Math.min(count, dataset.length);
  const example = (i: number): Example => dataset.get(Math.floor((i * dataset.length) / size));
  const totals: Record<string, number> = {};
  for (let start = 0; start < size; start += batchSize) {
    const examples = Array.from({ length: Math.min(batchSize, size - start) }, (_, i) => example(start + i));
    scope(() => {
      for (const [name, value] of Object.entries(measure(collate(examples)))) {
        totals[name] = (totals[name] ?? 0) + (value.dataSync()[0] ?? NaN);
      }
    });
  }
  return Object.fromEntries(Object.entries(totals).map(([name, total]) => [name, total / size]));
}
