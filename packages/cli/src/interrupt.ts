// SPDX-License-Identifier: Apache-2.0
// Ctrl-C: during training the first time ends it after the current step, while a model writes after the current token; the second time
// it ends at once.

import { Exit, INTERRUPTED } from './exit.ts';
import type { Output } from './output.ts';

/** What asks a process to end. */
export const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

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

/**
 * Does what can be stopped by the signal that it is given: the first Ctrl-C stops it, a second one ends the process.
 *
 * @throws {Exit} it was stopped
 */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const name of SIGNALS) process.once(name, stop);
  try {
    await work(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw new Exit(INTERRUPTED);
    throw error;
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
}
