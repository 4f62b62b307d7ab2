// SPDX-License-Identifier: Apache-2.0
// SentencePiece's table of characters and what they are replaced by, as T5 and its relatives carry it.

import type { JsonFields } from './json-fields.ts';

const encoder = new TextEncoder();
/** Longer clusters than this are never in a table. */
const LONGEST_CLUSTER = 6;

/**
 * The replacements of `precompiled_charsmap`: a double-array trie over UTF-8 bytes, whose leaves say where in the text after it
 * the replacement starts; a NUL ends it. As the Rust library does, a short cluster of characters is replaced as a whole when the table
 * has a beginning of it, else character by character.
 *
 * @see https://github.com/google/sentencepiece/blob/master/src/normalizer.cc
 * @see https://github.com/huggingface/tokenizers/blob/main/tokenizers/src/normalizers/precompiled.rs
 */
export function readCharacterMap(fields: JsonFields): (text: string) => string {
  const name = 'precompiled_charsmap';
  const bytes = Buffer.from(fields.text(name), 'base64');
  const trieBytes = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
  if (bytes.length < 4 || trieBytes % 4 !== 0 || trieBytes > bytes.length - 4) {
    throw fields.error(name, 'to be a size and a trie of that size', `${bytes.length} bytes that say ${trieBytes}`);
  }
  const trie = Uint32Array.from({ length: trieBytes / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
  const replacements = bytes.subarray(4 + trieBytes);
  const find = (part: string): string | undefined => {
    const start = firstLeaf(trie, encoder.encode(part));
    if (start === undefined || start >= replacements.length) return undefined;
    const end = replacements.indexOf(0, start);
    return replacements.subarray(start, end === -1 ? replacements.length : end).toString('utf8');
  };
  const clusters = new Intl.Segmenter('und', { granularity: 'grapheme' });
  return (text) => {
    let result = '';
    for (const { segment } of clusters.segment(text)) {
      const whole = encoder.encode(segment).length < LONGEST_CLUSTER ? find(segment) : undefined;
      if (whole !== undefined) result += whole;
      else for (const character of segment) result += find(character) ?? character;
    }
    return result;
  };
}

/** The value of the shortest beginning of `key` that the trie holds. */
function firstLeaf(trie: Uint32Array, key: Uint8Array): number | undefined {
  let position = offset(trie[0] ?? 0);
  for (const byte of key) {
    if (byte === 0) return undefined;
    position ^= byte;
    const unit = trie[position];
    if (unit === undefined || (unit & 0x800000ff) !== byte) return undefined;
    position ^= offset(unit);
    if (((unit >>> 8) & 1) === 1) return (trie[position] ?? 0) & 0x7fffffff;
  }
  return undefined;
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
