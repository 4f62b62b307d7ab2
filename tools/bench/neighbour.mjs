// SPDX-License-Identifier: Apache-2.0
// A process that keeps a processor busy while it is let.

import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

/** Until the system has found a processor for it, in milliseconds. */
const SETTLING = 20;

/** Ends when its parent has, whatever ended that. */
const PROGRAM = `
  const parent = process.ppid;
  let sum = 0;
  while (process.ppid === parent) for (let i = 0; i < 1e6; i++) sum = (sum * 31 + i) | 0;
`;

export class Neighbour {
  #child = spawn(process.execPath, ['-e', PROGRAM], { stdio: 'ignore' });

  constructor() {
    this.#child.kill('SIGSTOP');
  }

  /** `time` with the neighbour busy meanwhile. */
  beside(time) {
    return async (count) => {
      this.#child.kill('SIGCONT');
      try {
        await pause(SETTLING);
        return await time(count);
      } finally {
        this.#child.kill('SIGSTOP');
      }
    };
  }

  close() {
    this.#child.kill('SIGKILL');
  }
}
