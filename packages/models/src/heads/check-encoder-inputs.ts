// SPDX-License-Identifier: Apache-2.0
// What an encoder refuses.

import { ArgumentError, type Tensor, checkShape } from '@nabla/core';

import type { EncoderInputs } from './encoder-model.ts';

/**
 * @param context tokens of a text, at most
 * @throws {ShapeError} tokens are not `[batch, time]`, or the mask is not of their shape
 * @throws {ArgumentError} more tokens than positions
 */
export function checkEncoderInputs(
  op: string,
  tokens: Tensor,
  { attentionMask }: EncoderInputs,
  context: number,
): void {
  checkShape(op, 'tokens', tokens, ['batch', 'time']);
  const [batch = 0, time = 0] = tokens.shape;
  if (time > context) {
    const hint = 'Cut longer texts, or take them apart.';
    const expected = `of at most ${context} positions`;
    throw new ArgumentError({ op, argument: 'tokens', expected, received: `${time}`, hint });
  }
  if (attentionMask !== undefined) checkShape(op, 'attentionMask', attentionMask, [batch, time]);
}
