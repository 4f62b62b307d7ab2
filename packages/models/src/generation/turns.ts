// SPDX-License-Identifier: Apache-2.0
// Work that takes long, in steps between which the event loop turns.

import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds that others should wait, at most. 30: where a step is misjudged, turns still come within 50. */
export const PATIENCE = 30;

/** Milliseconds since some moment. */
export type Clock = () => number;

/** Whose turn it is while steps of work follow each other: others' as soon as one more step would keep them waiting too long. */
export class Turns {
  private readonly clock: Clock;
  private readonly signal: AbortSignal | undefined;
  /** When others had their last turn. */
  private turned: number;
  /** When the step began. */
  private began: number;
  /** Milliseconds of each step so far. */
  private readonly steps: number[] = [];

  constructor(clock: Clock, signal?: AbortSignal) {
    this.clock = clock;
    this.signal = signal;
    this.turned = this.began = clock();
  }

  /** Milliseconds of a usual step, or of the last one if that took longer: it waits for what a device computes. */
  get usual(): number {
    const ascending = this.steps.slice(0, -1).sort((a, b) => a - b);
    return Math.max(ascending[ascending.length >> 1] ?? 0, this.steps.at(-1) ?? 0); // the middle one: some were interrupted
  }

  /**
   * To be called after each step but the last: lets the event loop turn if the next step, taken to be as long, would end too late.
   *
   * @throws the reason of the signal, where it was aborted meanwhile
   */
  async afterStep(): Promise<void> {
    const now = this.clock();
    const step = now - this.began;
    this.steps.push(step);
    this.began = now;
    if (now - this.turned + step > PATIENCE) await this.turn();
  }

  /**
   * To be called before the last step, which is like none of the others: what a vocabulary has to be multiplied by takes as long as some
   * layers. Lets the event loop turn where others have waited for a while.
   *
   * @throws the reason of the signal, where it was aborted meanwhile
   */
  async beforeLast(): Promise<void> {
    if (this.clock() - this.turned > PATIENCE / 3) await this.turn();
  }

  private async turn(): Promise<void> {
    await nextTurn();
    this.signal?.throwIfAborted();
    this.turned = this.began = this.clock();
  }

  /** To be called after the last step. */
  end(): void {
    this.steps.push(this.clock() - this.began);
  }
}
