// SPDX-License-Identifier: Apache-2.0
// How far something has come that takes long: a bar in a terminal, a line now and then elsewhere.

import { Presets, SingleBar } from 'cli-progress';

import { SIGNALS } from '../interrupt.ts';
import type { Output } from '../output.ts';

const LINES = 10; // where there is no terminal to draw on: about this many lines in all

/** Shows how much is done. */
export class Progress {
  private readonly output: Output;
  private readonly format: (amount: number) => string;
  private bar: SingleBar | undefined;
  private next = 0;

  /** @param format  how an amount is written: bytes with their unit, for example */
  constructor(output: Output, format: (amount: number) => string = String) {
    this.output = output;
    this.format = format;
  }

  /** @param what  what is being done now, such as the name of a file */
  show(what: string, done: number, total: number): void {
    const { terminal } = this.output;
    const words = { what, have: this.format(done), of: this.format(total) };
    if (terminal !== undefined) {
      if (this.bar === undefined) {
        const format = '{bar} {percentage}% | {have} of {of} | {eta_formatted} left | {what}';
        const options = { format, stream: terminal, hideCursor: true, barsize: 24, gracefulExit: false };
        this.bar = new SingleBar(options, Presets.shades_classic);
        this.bar.start(total, done, words);
        for (const name of SIGNALS) process.once(name, this.onSignal);
      }
      this.bar.setTotal(total);
      this.bar.update(done, words);
      return;
    }
    if (done < this.next && done < total) return;
    this.next = done + total / LINES;
    this.output.note(`${words.have} of ${words.of}: ${what}`);
  }

  /** Gives the terminal back. */
  stop(): void {
    for (const name of SIGNALS) process.off(name, this.onSignal);
    this.bar?.stop();
    this.bar = undefined;
  }

  /** The cursor is hidden while there is a bar. */
  private readonly onSignal = (name: NodeJS.Signals): void => {
    this.stop();
    process.kill(process.pid, name); // nobody listens any more: the process ends
  };
}
