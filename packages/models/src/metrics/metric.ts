// SPDX-License-Identifier: Apache-2.0
// What every metric is: an object that is shown batch after batch, and then asked.

import type { Tensor } from '@nabla/core';

/**
 * A number (or several) about a whole data set, of which it sees one batch at a time. It adds up on the host in double
 * precision, holds no tensors, and so needs no scope and no disposal.
 */
export interface Metric<Result = number, Inputs extends readonly unknown[] = [predictions: Tensor, targets: Tensor]> {
  /** Takes a batch into account. The tensors stay the caller's. */
  update(...inputs: Inputs): void;
  /** The value over all batches since the start or the last reset; NaN where nothing was seen that defines it. */
  compute(): Result;
  /** Forgets everything. */
  reset(): void;
}
