// SPDX-License-Identifier: Apache-2.0
// Finding the strings that end a text, in text that comes in pieces.

/**
 * Lets text through up to the first of the strings that end it. What may be the beginning of one waits for the next piece.
 *
 * @example
 * const stops = new StopStrings(['\n\n']);
 * ['one\n', 'two\n', '\nthree'].map((piece) => stops.push(piece)); // ['one', '\ntwo', '']
 * stops.found; // true
 */
export class StopStrings {
  private readonly strings: readonly string[];
  private held = '';
  #found = false;

  constructor(strings: readonly string[]) {
    this.strings = strings;
  }

  /** Whether one of them has come. */
  get found(): boolean {
    return this.#found;
  }

  /** The text that is certain to stand before any of them. */
  push(piece: string): string {
    if (this.#found) return '';
    const text = this.held + piece;
    const places = this.strings.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
    this.#found = places.length > 0;
    const end = this.#found ? Math.min(...places) : text.length - this.heldBack(text);
    this.held = this.#found ? '' : text.slice(end);
    return text.slice(0, end);
  }

  /** What was held back, at the end of all text. */
  flush(): string {
    const { held } = this;
    this.held = '';
    return held;
  }

  /** How many characters at the end of a text may be the beginning of a stop string. */
  private heldBack(text: string): number {
    const lengths = this.strings.map((stop) => {
      let length = Math.min(stop.length - 1, text.length);
      while (length > 0 && !text.endsWith(stop.slice(0, length))) length--;
      return length;
    });
    return Math.max(0, ...lengths);
  }
}
