// SPDX-License-Identifier: Apache-2.0
// Exit statuses of the command.

export const SUCCEEDED = 0;
export const FAILED = 1;
/** The command line was wrong. */
export const MISUSED = 2;
/** That of a process ended by SIGINT. */
export const INTERRUPTED = 130;

/** Thrown by a command that has said everything, to end with a status. */
export class Exit extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`exit status ${status}`);
    this.status = status;
  }
}
