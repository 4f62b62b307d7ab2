// SPDX-License-Identifier: Apache-2.0
// Times the tokens of texts that are written one after another.

/** The first token of each text comes from reading its prompt, and is not timed. */
export class Writer {
  #begin;
  #length;
  #text;
  #left = 0;

  /**
   * @param begin  starts a text, an async generator of its tokens
   * @param length tokens of a text after its first one
   */
  constructor(begin, length) {
    this.#begin = begin;
    this.#length = length;
  }

  /** Seconds of `count` tokens. */
  async time(count) {
    let seconds = 0;
    for (let i = 0; i < count; i++) {
      if (this.#left === 0) await this.#next();
      const start = performance.now();
      await this.#text.next();
      seconds += (performance.now() - start) / 1e3;
      this.#left--;
    }
    return seconds;
  }

  async #next() {
    await this.dispose();
    this.#text = this.#begin();
    await this.#text.next();
    this.#left = this.#length;
  }

  /** Ends the text. */
  async dispose() {
    await this.#text?.return();
  }
}
