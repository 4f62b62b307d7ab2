// SPDX-License-Identifier: Apache-2.0
// What a model must be to learn to write, character by character.

import type { Tensor } from '@nabla/core';
import type { Module } from '@nabla/layers';

/** Predicts each next character: int32 `[batch, time]` → logits `[batch, time, vocabulary]`. */
export interface CharacterModel extends Module {
  /** Characters that it sees at once. */
  readonly context: number;
  forward(tokens: Tensor): Tensor;
}
