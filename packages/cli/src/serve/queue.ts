// SPDX-License-Identifier: Apache-2.0
// One request computes at a time, a few wait, more are turned away.

import { ServeError } from './errors.ts';

/** Turns, in the order in which they were asked for. */
export class RequestQueue {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  #busy = false;

  /** @param most requests that may wait */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Waits for a turn.
   *
   * @returns ends the turn; to be called once, whatever happens
   * @throws {ServeError} too many wait already (status 429), or the reason of `signal`, where it was aborted first
   */
  async turn(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#busy) await this.#wait(signal);
    this.#busy = true;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#busy = false;
      else next(); // it stays busy, so that nobody who comes in this moment takes the turn
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.#most) {
      const message = `${this.#most} requests are waiting already. Try again later.`;
      throw new ServeError(429, 'rate_limit_exceeded', message);
    }
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
