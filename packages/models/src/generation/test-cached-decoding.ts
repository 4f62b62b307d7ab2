// SPDX-License-Identifier: Apache-2.0
// For tests: what a decoder that reads an encoder's output must keep with a cache, whatever its family.

import { Generator, type Tensor, gather, noGrad, scope, slice, tensor, tensor1d, tensor2d } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import type { Encoded, EncoderDecoderModel } from './encoder-decoder-model.ts';
import { type LayeredPass, statesOf } from './layered-pass.ts';

/** What of a model the tests call. */
type Decoder = Pick<
  EncoderDecoderModel,
  'encode' | 'decoderHidden' | 'logits' | 'newCache' | 'vocabulary' | 'eval' | 'train' | 'dispose'
>;

/** The methods that take a model layer by layer. */
interface ByLayer {
  encodeByLayer(tokens: Tensor, attentionMask: Tensor): LayeredPass;
  decoderByLayer(tokens: Tensor, encoded: Encoded): LayeredPass;
}

const limit = tolerance('matmul', 64);

/** Different tokens below the vocabulary, `[batch, time]`. */
function tokensOf({ vocabulary }: Decoder, batch: number, time: number, from = 3): Tensor {
  return tensor2d(
    Int32Array.from({ length: batch * time }, (_, i) => (i * 7 + from) % vocabulary),
    [batch, time],
    'int32',
  );
}

const part = (x: Tensor, first: number, time: number): Tensor => slice(x, [0, first], [-1, time]);
const ints = (values: number[][]): Tensor => tensor2d(values, undefined, 'int32');

/**
 * Tests that a model decodes with its cache as it does without: fed one by one or in parts, after its rows were put in another order, and
 * with padding in either text; and that dropout acts while training alone.
 *
 * @param make a model with a vocabulary of at least 11, dropout, and room for 70 tokens
 */
export function describeCachedDecoding(name: string, make: (generator: Generator) => Decoder): void {
  describe.each(devices())(`${name} with a cache on %s`, (device) => {
    useDevice(device);

    /** Lends a test a model in evaluation, and frees what was made. */
    function withModel(use: (model: Decoder) => void): void {
      const model = make(new Generator(1)).eval();
      noGrad(() => scope(() => use(model)));
      model.dispose();
    }

    it.each([
      ['one by one', [1, 1, 1, 1, 1, 1]],
      ['in parts', [3, 1, 2]],
      ['beyond a block', [60, 3, 1, 1, 4, 1]],
    ])('gives the logits of the whole, fed %s', (_, parts) => {
      withModel((model) => {
        const total = parts.reduce((a, b) => a + b, 0);
        const encoded = model.encode(tokensOf(model, 2, 5));
        const tokens = tokensOf(model, 2, total, 1);
        const whole = model.logits(model.decoderHidden(tokens, encoded)); // [batch, time, vocabulary]
        const cache = model.newCache();
        let at = 0;
        for (const time of parts) {
          const logits = model.logits(model.decoderHidden(part(tokens, at, time), encoded, { cache }));
          expect(logits).toBeCloseToTensor(part(whole, at, time), limit);
          at += time;
        }
        expect(cache.time).toBe(total);
        cache.dispose();
      });
    });

    it('goes on with other rows of the batch, more of them too', () => {
      withModel((model) => {
        const rows = [1, 0, 1];
        const order = tensor1d(rows, 'int32');
        const encoded = model.encode(tokensOf(model, 2, 5));
        const tokens = tokensOf(model, 2, 3, 1);
        const next = ints([[4], [5], [6]]);
        const reordered = { states: gather(encoded.states, order) };
        const all = tensor2d(
          rows.flatMap((row, i) => [
            ...part(tokens, 0, 3)
              .dataSync()
              .slice(row * 3, row * 3 + 3),
            i + 4,
          ]),
          [3, 4],
          'int32',
        );
        const whole = model.decoderHidden(all, reordered);
        const cache = model.newCache();
        model.decoderHidden(tokens, encoded, { cache });
        cache.reorder(rows);
        expect(model.decoderHidden(next, reordered, { cache })).toBeCloseToTensor(part(whole, 3, 1), limit);
        cache.dispose();
      });
    });

    it('does not see padding of the text that was read', () => {
      withModel((model) => {
        const tokens = tokensOf(model, 2, 3, 1);
        const alone = model.decoderHidden(tokens, model.encode(ints([[4, 5, 6], [8, 9, 7]]))); // prettier-ignore
        const padded = model.encode(ints([[4, 5, 6, 0, 1], [8, 9, 7, 3, 2]]), ints([[1, 1, 1, 0, 0], [1, 1, 1, 0, 0]])); // prettier-ignore
        expect(part(padded.states, 0, 3)).toBeCloseToTensor(model.encode(ints([[4, 5, 6], [8, 9, 7]])).states, limit); // prettier-ignore
        expect(model.decoderHidden(tokens, padded)).toBeCloseToTensor(alone, limit);
        const cache = model.newCache();
        model.decoderHidden(part(tokens, 0, 2), padded, { cache });
        const last = model.decoderHidden(part(tokens, 2, 1), padded, { cache });
        expect(last).toBeCloseToTensor(part(alone, 2, 1), limit);
        cache.dispose();
      });
    });

    it('does not see padding of the text that is written, in the cache too', () => {
      withModel((model) => {
        const encoded = model.encode(tokensOf(model, 1, 5));
        const mask = ints([[1, 1, 0, 1, 1]]);
        const [one, two] = [3, 9].map((hidden) => ints([[4, 5, hidden, 6, 7]]));
        const [expected, other] = [one, two].map((tokens) => {
          return model.decoderHidden(tokens ?? encoded.states, encoded, { attentionMask: mask });
        });
        expect(part(other ?? mask, 3, 2)).toBeCloseToTensor(part(expected ?? mask, 3, 2), tolerance('exact'));
        const cache = model.newCache();
        model.decoderHidden(ints([[4, 5, 9]]), encoded, { cache, attentionMask: part(mask, 0, 3) });
        const rest = model.decoderHidden(ints([[6, 7]]), encoded, { cache, attentionMask: mask });
        expect(rest).toBeCloseToTensor(part(expected ?? mask, 3, 2), limit);
        cache.dispose();
      });
    });

    it('drops while training, and not in evaluation', () => {
      withModel((model) => {
        const tokens = tensor([[1, 2, 3]], undefined, 'int32');
        const run = (): Tensor => model.decoderHidden(tokens, model.encode(tokens));
        expect(run()).toBeCloseToTensor(run(), tolerance('exact'));
        model.train();
        expect(run()).not.toBeCloseToTensor(run(), tolerance('matmul', 8));
      });
    });
  });
}

/**
 * Tests that encoder and decoder can be taken layer by layer, and then give what they give at once.
 *
 * @param layers how many each has
 */
export function describeByLayer(
  name: string,
  make: (generator: Generator) => Decoder & ByLayer,
  layers: { readonly encoder: number; readonly decoder: number },
): void {
  describe(`${name} layer by layer`, () => {
    useDevice('js');

    it('gives a state for each layer, and the last as at once', () => {
      const model = make(new Generator(1));
      model.eval();
      noGrad(() =>
        scope(() => {
          const [tokens, mask, written] = [tokensOf(model, 2, 4), ints([[1, 1, 1, 0], [1, 1, 1, 1]]), tokensOf(model, 2, 3, 1)]; // prettier-ignore
          const encoded = model.encode(tokens, mask);
          const states = statesOf(model.encodeByLayer(tokens, mask));
          expect(states).toHaveLength(layers.encoder + 1);
          expect(states.at(-1)).toBeCloseToTensor(encoded.states, tolerance('exact'));
          const decoded = statesOf(model.decoderByLayer(written, encoded));
          expect(decoded).toHaveLength(layers.decoder + 1);
          expect(decoded.at(-1)).toBeCloseToTensor(model.decoderHidden(written, encoded), tolerance('exact'));
        }),
      );
      model.dispose();
    });
  });
}
