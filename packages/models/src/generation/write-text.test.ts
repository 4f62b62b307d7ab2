// SPDX-License-Identifier: Apache-2.0
// Tests of text that is written in pieces.

import { Generator } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { StopStrings } from './stop-strings.ts';
import { type TextOptions, type TextTokenizer, writePieces, writeText } from './write-text.ts';

useDevice('js');

/** A token for each byte of UTF-8; the decoder waits for whole characters. */
const byteTokenizer: TextTokenizer = {
  encode: (text) => ({ ids: [...Buffer.from(text)] }),
  decode: (ids) => Buffer.from([...ids]).toString(),
  streamDecoder() {
    let decoder = new TextDecoder();
    return {
      push: (id) => decoder.decode(Uint8Array.of(id), { stream: true }),
      flush(): string {
        const rest = decoder.decode();
        decoder = new TextDecoder();
        return rest;
      },
    };
  },
};

/** What a model writes that is made to write the bytes of a text. */
async function pieces(text: string, options: TextOptions = {}): Promise<string[]> {
  const config = { vocab_size: 256, n_positions: 64, n_embd: 4, n_layer: 1, n_head: 1, eos_token_id: 0 };
  const model = new GPT2LMHeadModel(config, new Generator(1));
  const bytes = [...Buffer.from(text), 0];
  const written: string[] = [];
  try {
    const logitMask: TextOptions['logitMask'] = (logits, { written: count }) => {
      logits.fill(-Infinity);
      logits[bytes[count] ?? 0] = 0;
    };
    const all = { logitMask, maximumNewTokens: bytes.length, ...options };
    for await (const piece of writeText(model, byteTokenizer, 'é: ', all)) written.push(piece);
  } finally {
    model.dispose();
  }
  return written;
}

describe('writeText', () => {
  it('gives whole characters', async () => {
    expect(await pieces('añ😀b')).toEqual(['a', 'ñ', '😀', 'b', '\0']);
    expect(await pieces('añ', { maximumNewTokens: 2 })).toEqual(['a', '\uFFFD']);
  });

  it('gives nothing of a stop string, nor of what follows', async () => {
    expect(await pieces('one END', { stopStrings: ['END'] })).toEqual(['o', 'n', 'e', ' ']);
    expect(await pieces('EN ENEND', { stopStrings: ['END'] })).toEqual(['EN ', 'EN']);
    expect(await pieces('EN', { stopStrings: ['END'], maximumNewTokens: 2 })).toEqual(['EN']);
    expect(await pieces('é😀', { stopStrings: ['x', '😀'] })).toEqual(['é']);
  });

  it('refuses an empty stop string, before which there is no text', async () => {
    await expect(pieces('abc', { stopStrings: ['x', ''] })).rejects.toThrowCode('ARGUMENT', /stopStrings.*not empty/);
  });

  it('says why it ends, token by token', async () => {
    const config = { vocab_size: 256, n_positions: 64, n_embd: 4, n_layer: 1, n_head: 1 };
    const model = new GPT2LMHeadModel(config, new Generator(1));
    const found = [];
    const options = { allowedTokens: [120], maximumNewTokens: 3, stopStrings: ['xxx'], logProbabilities: true };
    for await (const piece of writePieces(model, byteTokenizer, [1, 2], options)) found.push(piece);
    model.dispose();
    const token = { id: 120, logProbability: expect.any(Number) as number };
    expect(found).toEqual([
      { text: '', token },
      { text: '', token },
      { text: '', token: { ...token, finish: 'length' }, finish: 'stop' },
    ]);
  });
});

it("writeText names a tokenizer that is not the model's", async () => {
  const config = { vocab_size: 100, n_positions: 64, n_embd: 4, n_layer: 1, n_head: 1 };
  const model = new GPT2LMHeadModel(config, new Generator(1));
  const writing = writeText(model, byteTokenizer, 'Axe').next();
  await expect(writing).rejects.toMatchObject({
    code: 'VOCABULARY',
    message: expect.stringMatching(/0 to 99, received 120 for "x"\. Tokenizer and weights are not/) as string,
  });
  model.dispose();
});

describe('StopStrings', () => {
  it.each([
    [['ab'], ['a', 'a', 'b', 'c'], ['', 'a', '', ''], ''],
    [['aab'], ['aa', 'a', 'x'], ['', 'a', 'aax'], ''],
    [['ab', 'c'], ['xa', 'c'], ['x', 'a'], ''],
    [['abc'], ['xxab'], ['xx'], 'ab'],
    [[], ['abc'], ['abc'], ''],
  ])('%j in %j', (strings, given, expected, rest) => {
    const stops = new StopStrings(strings);
    expect(given.map((piece) => stops.push(piece))).toEqual(expected);
    expect(stops.flush()).toBe(rest);
  });
});
