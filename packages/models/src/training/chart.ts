// SPDX-License-Identifier: Apache-2.0
// A picture as data: lines over a common axis. Who shows it decides how it is drawn.

/** A line of a {@link Chart}. */
export interface ChartLine {
  readonly name: string;
  /** `[x, y]` in the order of x. */
  readonly points: readonly (readonly [number, number])[];
}

/** Lines over a common axis. */
export interface Chart {
  /** What it shows, in one word: the name of its file. */
  readonly name: string;
  /** One line above it. */
  readonly title: string;
  /** What x counts. */
  readonly x: string;
  /** What y measures. */
  readonly y: string;
  readonly lines: readonly ChartLine[];
}
