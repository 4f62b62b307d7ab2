// SPDX-License-Identifier: Apache-2.0
// Ctrl-C during training: the first time ends it after the current step, the second time at once.

import { INTERRUPTED } from './exit.ts';
import type { Output } from './output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Turns the signals that ask a process to end into an AbortSignal. */
export class Interrupt {
  private readonly controller = new AbortController();
  private readonly output: Output;
  private readonly cleanUp: () => void;

  /** @param cleanUp gives the terminal back before anything is said */
  constructor(output: Output, cleanUp: () => void) {
    this.output = output;
    this.cleanUp = cleanUp;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** From now on signals do not end the process. */
  watch(): void {
    for (const name of SIGNALS) process.on(name, this.onSignal);
  }

  stop(): void {
    for (const name of SIGNALS) process.off(name, this.onSignal);
  }

  private readonly onSignal = (): void => {
    this.cleanUp();
    if (this.signal.aborted) process.exit(INTERRUPTED);
    this.controller.abort();
    this.output.note('Saving a checkpoint … (Ctrl-C again: stop at once)');
  };
}
