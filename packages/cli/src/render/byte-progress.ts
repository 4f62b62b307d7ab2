// SPDX-License-Identifier: Apache-2.0
// How far so many bytes have come: a bar in a terminal, a line now and then elsewhere.

import { Presets, SingleBar } from 'cli-progress';

import { SIGNALS } from '../interrupt.ts';
import type { Output } from '../output.ts';
import { formatBytes } from './format.ts';

const LINES = 10; // where there is no terminal to draw on: about this many lines in all

/** Shows bytes that are moved. */
export class ByteProgress {
  private readonly output: Output;
  private bar: SingleBar | undefined;
  private next = 0;

  constructor(output: Output) {
    this.output = output;
  }

  /** @param what  what is being moved now, such as the name of a file */
  show(what: string, done: number, total: number): void {
    const { terminal } = this.output;
    const words = { what, have: formatBytes(done), of: formatBytes(total) };
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
