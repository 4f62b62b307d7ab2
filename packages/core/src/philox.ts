// SPDX-License-Identifier: Apache-2.0
// Philox 4x32-10: the counter-based generator behind every random number, so that block k of a seed can be computed alone.

const { floor, imul } = Math; // once: a test runner may make every look at a global slow

/**
 * Block `offset` of the stream `seed`: four independent, uniformly distributed 32-bit words. The key is the seed, the counter
 * is the offset, both as two words, low word first; the counter's third and fourth word are zero.
 *
 * @param seed    integer >= 0 that a number holds exactly
 * @param offset  integer >= 0 that a number holds exactly
 * @param words   receives the block, 4 words
 * @see Salmon, Moraes, Dror & Shaw 2011, Parallel Random Numbers: As Easy as 1, 2, 3, https://doi.org/10.1145/2063384.2063405
 */
export function philox(seed: number, offset: number, words: Uint32Array): void {
  words[0] = offset;
  words[1] = offset / 4294967296;
  words[2] = 0;
  words[3] = 0;
  philoxRounds(seed >>> 0, floor(seed / 4294967296), words);
}

/** Ten rounds on a whole counter, in place, with the key `[keyLow, keyHigh]`. */
export function philoxRounds(keyLow: number, keyHigh: number, words: Uint32Array): void {
  let w0 = words[0];
  let w1 = words[1];
  let w2 = words[2];
  let w3 = words[3];
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, w0);
    const low0 = imul(0xd2511f53, w0);
    const high1 = multiplyHigh(0xcd9e8d57, w2);
    const low1 = imul(0xcd9e8d57, w2);
    w0 = (high1 ^ w1 ^ keyLow) >>> 0;
    w1 = low1 >>> 0;
    w2 = (high0 ^ w3 ^ keyHigh) >>> 0;
    w3 = low0 >>> 0;
    keyLow = (keyLow + 0x9e3779b9) >>> 0;
    keyHigh = (keyHigh + 0xbb67ae85) >>> 0;
  }
  words[0] = w0;
  words[1] = w1;
  words[2] = w2;
  words[3] = w3;
}

/** The upper 32 bits of the product of two 32-bit words. Split in two products of 48 bits, which a double holds exactly. */
function multiplyHigh(a: number, b: number): number {
  const carry = floor(((a & 0xffff) * b) / 65536);
  return floor(((a >>> 16) * b + carry) / 65536);
}
