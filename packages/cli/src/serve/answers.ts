// SPDX-License-Identifier: Apache-2.0
// How answers look, as a whole and in pieces; see completions.ts and chat.ts.

import { randomUUID } from 'node:crypto';

import type { Choice, OrderedPiece } from './orders.ts';
import type { ServedModel } from './served-model.ts';

/** What every object of an answer has in common. */
export interface AnswerHead {
  readonly id: string;
  readonly object: string;
  readonly created: number;
  readonly model: string;
}

/** The form of an answer: its choices. */
export interface View {
  readonly head: AnswerHead;
  /** What a stream begins a choice with. */
  readonly opening: (index: number) => object | undefined;
  readonly piece: (piece: OrderedPiece) => object;
  /** What a stream ends a choice with. */
  readonly closing: (index: number, finish: Choice['finish']) => object;
  readonly whole: (choice: Choice) => object;
}

export function answerHead({ name }: ServedModel, object: string, prefix: string): AnswerHead {
  return { id: `${prefix}-${randomUUID()}`, object, created: Math.floor(Date.now() / 1000), model: name };
}

/** The objects of a stream, in their order: for each choice an opening, its pieces, and a closing. */
export async function* streamed(view: View, pieces: AsyncIterable<OrderedPiece>): AsyncGenerator<object, undefined> {
  const begun = new Set<number>();
  for await (const piece of pieces) {
    const { index, text, finish, logProbability } = piece;
    const opening = begun.has(index) ? undefined : view.opening(index);
    begun.add(index);
    if (opening !== undefined) yield opening;
    if (text !== '' || logProbability !== undefined) yield view.piece(piece);
    if (finish !== undefined) yield view.closing(index, finish);
  }
}
