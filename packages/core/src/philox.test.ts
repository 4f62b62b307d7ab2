// SPDX-License-Identifier: Apache-2.0
// Tests of Philox 4x32-10 against the known answers of its authors' library Random123 1.14 (tests/kat_vectors).

import fc from 'fast-check';
import { philox, philoxRounds } from './philox.ts';

const hex = (words: Iterable<number>): string[] => [...words].map((word) => word.toString(16).padStart(8, '0'));

describe('philox', () => {
  it.each([
    {
      counter: [0, 0, 0, 0],
      key: [0, 0],
      expected: ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'],
    },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      expected: ['408f276d', '41c83b0e', 'a20bc7c6', '6d5451fd'],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      expected: ['d16cfe09', '94fdcceb', '5001e420', '24126ea1'],
    },
  ])('gives the known answer for the counter $counter', ({ counter, key, expected }) => {
    const words = Uint32Array.from(counter);
    philoxRounds(key[0], key[1], words);
    expect(hex(words)).toEqual(expected);
  });

  it('takes both words of the seed and of the offset', () => {
    const words = new Uint32Array(4);
    const rounds = Uint32Array.from([0x89abcdef, 0x4567, 0, 0]);
    philox(0x12345 * 2 ** 32 + 0xfedcba98, 0x4567 * 2 ** 32 + 0x89abcdef, words);
    philoxRounds(0xfedcba98, 0x12345, rounds);
    expect(words).toEqual(rounds);
  });

  it('equals a definition in exact integers', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(word, word, fc.array(word, { minLength: 4, maxLength: 4 }), (keyLow, keyHigh, counter) => {
        const words = Uint32Array.from(counter);
        philoxRounds(keyLow, keyHigh, words);
        expect([...words]).toEqual(exactRounds(BigInt(keyLow), BigInt(keyHigh), counter.map(BigInt)));
      }),
      { seed: 2 },
    );
  });
});

function exactRounds(keyLow: bigint, keyHigh: bigint, counter: bigint[]): number[] {
  const mask = 0xffffffffn;
  let [w0, w1, w2, w3] = counter;
  for (let round = 0; round < 10; round++) {
    const a = 0xd2511f53n * w0;
    const b = 0xcd9e8d57n * w2;
    [w0, w1, w2, w3] = [(b >> 32n) ^ w1 ^ keyLow, b & mask, (a >> 32n) ^ w3 ^ keyHigh, a & mask];
    keyLow = (keyLow + 0x9e3779b9n) & mask;
    keyHigh = (keyHigh + 0xbb67ae85n) & mask;
  }
  return [w0, w1, w2, w3].map(Number);
}
