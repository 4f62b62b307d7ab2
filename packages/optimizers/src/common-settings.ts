// SPDX-License-Identifier: Apache-2.0
// Checks of the settings that several optimizers have under one name.

import { checkNumber } from '@nabla/core';

/** Those that an optimizer has. */
export interface CommonSettings {
  readonly betas?: readonly [number, number];
  readonly smoothing?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number | undefined;
}

/** @throws {ArgumentError} one of them is out of its range */
export function checkCommonSettings(op: string, { betas, smoothing, epsilon, weightDecay }: CommonSettings): void {
  const forgetting = { minimum: 0, below: 1 }; // an average with a factor of 1 would never change
  if (betas !== undefined) {
    checkNumber(op, 'betas[0]', betas[0], forgetting);
    checkNumber(op, 'betas[1]', betas[1], forgetting);
  }
  if (smoothing !== undefined) checkNumber(op, 'smoothing', smoothing, forgetting);
  if (epsilon !== undefined) checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  if (weightDecay !== undefined) checkNumber(op, 'weightDecay', weightDecay, { minimum: 0 });
}
