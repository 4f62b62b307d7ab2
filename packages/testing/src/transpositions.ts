// SPDX-License-Identifier: Apache-2.0
// Which operands of a product are stored as their transposes, the first and the second.

export const TRANSPOSITIONS = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;
