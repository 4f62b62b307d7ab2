// SPDX-License-Identifier: Apache-2.0
// Counts how often indices had to come to the host of a native device, because it was not known that they are in range.

let looks = 0;

/** One more. */
export function countIndexLook(): void {
  looks += 1;
}

/** How often it was so in this thread, beside what kernels did themselves. */
export function indexLooksOnHost(): number {
  return looks;
}
