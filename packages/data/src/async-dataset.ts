// SPDX-License-Identifier: Apache-2.0
// Data sets whose examples are read from files when they are asked for.

/** Examples by number that take time to get. Getting one has no side effect: the same index gives the same example each time. */
export interface AsyncDataset<Example> {
  /** How many examples there are. */
  readonly length: number;
  /**
   * @param index  0 to `length - 1`
   * @returns      the example; rejects with an `ArgumentError` where the index is not such an integer, or a file cannot be read
   */
  get(index: number): Promise<Example>;
}
