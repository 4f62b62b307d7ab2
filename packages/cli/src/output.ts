// SPDX-License-Identifier: Apache-2.0
// Where a command writes: results to stdout, everything meant for a person watching to stderr.

/** The streams of a command; tests pass their own. */
export interface Output {
  /** A line of the result. */
  result(line: string): void;
  /** A line for the person watching. */
  note(line: string): void;
  /** Text of the result as it comes, without a line break. */
  piece(text: string): void;
  /** The terminal that a progress bar may draw on; undefined where there is none. */
  readonly terminal: NodeJS.WriteStream | undefined;
}

/** stdout and stderr of this process. */
export function processOutput(): Output {
  return {
    result: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    piece: (text) => void process.stdout.write(text),
    terminal: process.stderr.isTTY ? process.stderr : undefined,
  };
}
