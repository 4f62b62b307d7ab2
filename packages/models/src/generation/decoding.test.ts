// SPDX-License-Identifier: Apache-2.0
// Tests of decoders at work: a prompt that is read in parts, and whose turn it is in between.

import { setImmediate as nextTurn } from 'node:timers/promises';

import { Generator, type Tensor, tensor1d } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { BartForConditionalGeneration } from '../bart/model.ts';
import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { Decoding, type GenerativeModel, isEncoderDecoder } from './decoding.ts';
import { generate } from './generate.ts';
import { ReadingPace } from './reading-pace.ts';
import { SMALL_DECODERS, SMALL_GPT2, VOCABULARY } from './test-small-decoders.ts';

const promptOf = (time: number, from = 3): number[] =>
  Array.from({ length: time }, (_, i) => (i * 7 + from) % VOCABULARY);

/** The logits after a prompt, `[rows, vocabulary]` in a line, and after one more token. */
async function logitsOf(
  model: GenerativeModel,
  rows: number[][],
  mask: number[][] | undefined,
  tokensPerPass: number,
): Promise<[Tensor, Tensor]> {
  const decoding = new Decoding(model, { cache: true, tokensPerPass });
  const flat = (all: readonly Float32Array[]): Tensor => tensor1d(all.flatMap((row) => [...row]));
  try {
    const first = await decoding.begin(rows, mask);
    return [flat(first), flat(await decoding.next(rows.map(() => [4])))];
  } finally {
    decoding.dispose();
  }
}

describe.each(devices())('a prompt that is read in parts on %s', (device) => {
  useDevice(device);

  it.each(SMALL_DECODERS)('has the logits of the whole: %s', async (_, make) => {
    const model = make();
    const time = 150;
    const padding = 11; // of the second row, on its left
    const rows = [promptOf(time), [...new Array<number>(padding).fill(0), ...promptOf(time - padding, 5)]];
    const mask = rows.map((row, i) => row.map((__, at) => (i === 1 && at < padding ? 0 : 1)));
    for (const given of [undefined, mask]) {
      const whole = await logitsOf(model, rows, given, time);
      for (const parts of [7, 64, 149]) {
        const found = await logitsOf(model, rows, given, parts);
        found.forEach((logits, step) => {
          expect(logits).toBeCloseToTensor(whole[step] ?? logits, tolerance('matmul', 128));
        });
      }
    }
    model.dispose();
  });
});

describe('reading a prompt', () => {
  useDevice('js');

  /** What a test is given: a model, a pace by a clock that each of its layers moves, and what happened so far. */
  interface Noted {
    readonly model: GPT2LMHeadModel;
    readonly pace: ReadingPace;
    readonly notes: string[];
  }

  /** Notes what a model computes, of which a layer takes `layer` milliseconds for each token and the head `head`, and others' turns. */
  async function noting(layer: number, head: number, use: (noted: Noted) => Promise<void>): Promise<void> {
    const model = new GPT2LMHeadModel({ ...SMALL_GPT2, n_layer: 4 }, new Generator(1));
    const notes: string[] = [];
    let now = 0;
    const { byLayer, logits } = model;
    model.byLayer = function* (tokens, inputs) {
      notes.push(`read ${tokens.size}`);
      const pass = byLayer.call(model, tokens, inputs);
      for (let steps = 0; ; steps++) {
        const { done, value } = pass.next();
        if (done === true) return value;
        if (steps > 0) {
          now += layer * tokens.size; // the first step, which embeds, takes no time
          notes.push('layer');
        }
        yield value;
      }
    };
    model.logits = (states) => {
      now += head;
      notes.push(`logits of ${states.shape[0]}`);
      return logits.call(model, states);
    };
    let going = true;
    const others = (async (): Promise<void> => {
      for (await nextTurn(); going; await nextTurn()) if (notes.at(-1) !== 'turn') notes.push('turn');
    })();
    try {
      await use({ model, pace: new ReadingPace(() => now), notes });
    } finally {
      going = false;
      await others;
      model.dispose();
    }
  }

  it('gives others a turn between two layers as soon as one more would take too long, and after each pass', () =>
    noting(0.4, 5, async ({ model, pace, notes }) => {
      const decoding = new Decoding(model, { cache: true, pace });
      await decoding.begin([promptOf(91)]);
      // Layers of 12.4 ms and, since that is little, of 24: two of the first fit into 30 ms, of the second one.
      const first = ['read 31', 'layer', 'layer', 'turn', 'layer', 'layer', 'turn'];
      const second = ['read 60', ...['layer', 'layer', 'layer', 'layer'].flatMap((layer) => [layer, 'turn'])];
      expect(notes).toEqual([...first, ...second, 'logits of 1']);
      notes.length = 0;
      await decoding.next([[1]]);
      expect(notes).toEqual(['read 1', 'layer', 'layer', 'layer', 'layer', 'logits of 1']);
      decoding.dispose();
    }));

  it('gives others a turn before the logits, which may take as long as many layers', () =>
    noting(3, 20, async ({ model, pace, notes }) => {
      const decoding = new Decoding(model, { cache: true, pace });
      await decoding.begin([promptOf(1)]);
      expect(notes).toEqual(['read 1', 'layer', 'layer', 'layer', 'layer', 'turn', 'logits of 1']);
      decoding.dispose();
    }));

  it('counts the tokens of all rows', () =>
    noting(1, 0, async ({ model, pace, notes }) => {
      const decoding = new Decoding(model, { cache: true, pace });
      await decoding.begin([promptOf(20), promptOf(20)]);
      decoding.dispose();
      expect(notes.filter((note) => /read|logits/.test(note))).toEqual(['read 20', 'read 20', 'logits of 2']);
    }));

  it('takes one pass without a cache, which would compute all anew', () =>
    noting(1, 0, async ({ model, pace, notes }) => {
      await new Decoding(model, { cache: false, pace }).begin([promptOf(91)]);
      expect(notes.filter((note) => /read|logits/.test(note))).toEqual(['read 91', 'logits of 1']);
    }));

  it.each([
    ['between two layers', 100, ['layer']],
    ['between two passes', 0.1, ['layer', 'layer', 'layer', 'layer']],
  ])('ends %s where it is aborted', (_, layer, computed) =>
    noting(layer, 0, async ({ model, pace, notes }) => {
      const stop = new AbortController();
      const reason = new Error('enough');
      const decoding = new Decoding(model, { cache: true, pace, signal: stop.signal });
      const reading = decoding.begin([promptOf(300)]);
      stop.abort(reason);
      await expect(reading).rejects.toBe(reason);
      decoding.dispose();
      expect(notes.filter((note) => note !== 'turn')).toEqual(['read 30', ...computed]);
    }),
  );

  it('goes for beams and for an encoder-decoder too, whose encoder reads all in one pass', () =>
    noting(0, 0, async ({ model, notes }) => {
      const inputs = { inputIds: [promptOf(9), promptOf(4)] };
      const options = { maximumNewTokens: 4, endTokens: [], beams: 3, returnedSequences: 3 };
      const parts = await generate(model, inputs, { ...options, tokensPerPass: 4 });
      expect(notes.filter((note) => note.startsWith('read'))).toEqual(new Array<string>(6).fill('read 6')); // 3 parts of 2 rows, 3 steps of 6 beams
      expect(parts.sequences).toEqual((await generate(model, inputs, options)).sequences);
      const translator = new BartForConditionalGeneration(
        {
          ...{ vocab_size: VOCABULARY, d_model: 8, encoder_layers: 1, decoder_layers: 1, max_position_embeddings: 40 },
          ...{ encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 8, decoder_ffn_dim: 8 },
        },
        new Generator(1),
      );
      const shapes: (readonly number[])[] = [];
      const { encodeByLayer } = translator;
      translator.encodeByLayer = (tokens, mask) => {
        shapes.push(tokens.shape);
        return encodeByLayer.call(translator, tokens, mask);
      };
      expect(isEncoderDecoder(translator)).toBe(true);
      await generate(translator, inputs, { maximumNewTokens: 3, tokensPerPass: 2 });
      expect(shapes).toEqual([[2, 9]]);
      translator.dispose();
    }));
});
