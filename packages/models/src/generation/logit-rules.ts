// SPDX-License-Identifier: Apache-2.0
// What is done to the logits of the next token before one is chosen: the rules, one after the other.

import { constraints } from './constraints.ts';
import type { DrawSettings, LogitContext, LogitSettings } from './logit-settings.ts';
import { warpers } from './warpers.ts';

/** Logits after all constraints; those given stay as they are. */
export function constrain(logits: Float32Array, settings: LogitSettings, context: LogitContext): Float32Array {
  const changed = Float32Array.from(logits);
  for (const { apply } of constraints) apply(changed, settings, context);
  return changed;
}

/** Logits after the rules of drawing; those given stay as they are. */
export function warp(logits: Float32Array, settings: DrawSettings): Float32Array {
  const changed = Float32Array.from(logits);
  for (const { apply } of warpers) apply(changed, settings);
  return changed;
}
