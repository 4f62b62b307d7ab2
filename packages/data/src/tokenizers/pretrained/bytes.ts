// SPDX-License-Identifier: Apache-2.0
// Bytes as the printable characters that byte-level vocabularies write them with.

/** The bytes that stand for themselves: printable, and no space. */
const printable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

/**
 * The character of each byte: itself where it is printable, else the next one from U+0100 on. A space is `Ġ`, a line break `Ċ`.
 *
 * @see https://github.com/openai/gpt-2/blob/master/src/encoder.py, `bytes_to_unicode`
 */
export const byteCharacters: readonly string[] = makeByteCharacters();

const bytesOfCharacters: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text, one character for each. */
export function toByteCharacters(text: string): string {
  let characters = '';
  for (const byte of encoder.encode(text)) characters += byteCharacters[byte] ?? '';
  return characters;
}

/** The bytes of a token of a byte-level vocabulary; of any other token, such as an added one with a space in it, its UTF-8 bytes. */
export function fromByteCharacters(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = bytesOfCharacters.get(token.charAt(i));
    if (byte === undefined) return encoder.encode(token);
    bytes[i] = byte;
  }
  return bytes;
}

function makeByteCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}
