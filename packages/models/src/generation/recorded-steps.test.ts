// SPDX-License-Identifier: Apache-2.0
// Tests of steps that are recorded and replayed: they give, bit for bit, what steps that are not recorded give.

import { DeviceError, Generator, Recording, type Tensor, add, clone, fill, mul, sum, zeros } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { BartForConditionalGeneration } from '../bart/model.ts';
import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { T5ForConditionalGeneration } from '../t5/model.ts';
import { TranslationTransformer } from '../translation/model.ts';
import { SPECIAL } from '../translation/tokenizer.ts';
import { Decoding, type GenerativeModel, isEncoderDecoder, tensorOf } from './decoding.ts';
import { KeyValueCache } from './cache.ts';
import type { EncoderDecoderModel } from './encoder-decoder-model.ts';
import { type Generated, generate, generateTokens } from './generate.ts';
import { type LayeredPass, takePass } from './layered-pass.ts';
import { ReadingPace } from './reading-pace.ts';
import { RecordedSteps } from './recorded-steps.ts';
import { GenerationSession } from './session.ts';
import { SMALL_DECODERS, SMALL_GPT2, VOCABULARY } from './test-small-decoders.ts';
import { Turns } from './turns.ts';

const bart = {
  ...{ vocab_size: VOCABULARY, max_position_embeddings: 200, d_model: 8, encoder_layers: 1, decoder_layers: 2 },
  ...{
    encoder_attention_heads: 2,
    decoder_attention_heads: 2,
    encoder_ffn_dim: 12,
    decoder_ffn_dim: 12,
    init_std: 0.3,
  },
};
const t5 = {
  vocab_size: VOCABULARY,
  d_model: 8,
  d_kv: 4,
  d_ff: 12,
  num_layers: 2,
  num_heads: 2,
  initializer_factor: 3,
};
const translator = { vocabulary: VOCABULARY, layers: 2, heads: 2, width: 8, context: 200, dropout: 0.1, ...SPECIAL };
const translating: [string, () => EncoderDecoderModel][] = [
  ['BART', () => new BartForConditionalGeneration(bart, new Generator(5))],
  ['T5', () => new T5ForConditionalGeneration(t5, new Generator(6))],
  ['the first transformer', () => new TranslationTransformer(translator, new Generator(7))],
];
const families: [string, () => GenerativeModel][] = [...SMALL_DECODERS, ...translating];

/** The second row has padding on its left. */
const ROWS = [
  [3, 4, 5, 6, 7],
  [0, 0, 8, 9, 10],
];
const MASK = ROWS.map((row) => row.map((token) => Number(token > 0)));

/** Logits of `steps` steps behind a prompt, and which steps were replayed. */
async function decode(
  model: GenerativeModel,
  { rows = ROWS, mask, steps }: { rows?: number[][]; mask?: number[][]; steps: number },
  between: (step: number) => void = () => undefined,
): Promise<{ logits: number[][][]; replayed: number[] }> {
  const replays = jest.spyOn(Recording.prototype, 'replay');
  const encoded = isEncoderDecoder(model)
    ? model.encode(
        tensorOf(
          [
            [1, 2, 3, 4],
            [5, 6, 7, 8],
          ].slice(0, rows.length),
        ),
      )
    : undefined;
  const decoding = new Decoding(model, { cache: true, encoded });
  const replayed: number[] = [];
  try {
    const logits = [await decoding.begin(rows, mask)];
    for (let step = 0; step < steps; step++) {
      between(step);
      replays.mockClear();
      logits.push(await decoding.next(rows.map((_, row) => [(5 * step + row) % VOCABULARY])));
      if (replays.mock.calls.length > 0) replayed.push(step);
    }
    return { logits: logits.map((all) => all.map((row) => [...row])), replayed };
  } finally {
    decoding.dispose();
    replays.mockRestore();
  }
}

/** Does something without recordings: forward hooks want every forward to be called. */
async function plainly<T>(model: GenerativeModel, act: () => Promise<T>): Promise<T> {
  const hook = model.registerForwardHook(() => undefined);
  try {
    return await act();
  } finally {
    hook.remove();
  }
}

const decodePlainly = (...[model, what, between]: Parameters<typeof decode>): ReturnType<typeof decode> =>
  plainly(model, () => decode(model, what, between));

describe.each(devices())('recorded steps on %s', (device) => {
  useDevice(device);
  const isRecorded = device !== 'js';

  async function withModel<Model extends GenerativeModel, T>(
    make: () => Model,
    use: (model: Model) => Promise<T>,
  ): Promise<T> {
    const model = make();
    model.eval();
    try {
      return await use(model);
    } finally {
      model.dispose();
    }
  }

  describe.each(families)('of %s', (_, make) => {
    it.each([
      ['a row', { rows: [[3, 4, 5]], steps: 6 }],
      ['rows with padding', { mask: MASK, steps: 5 }],
      ['a cache that grows', { rows: [Array.from({ length: 60 }, (__, i) => i % VOCABULARY)], steps: 9 }],
    ])('give what others give: %s', (__, what) =>
      withModel(make, async (model) => {
        const { logits, replayed } = await decode(model, what);
        const plain = await decodePlainly(model, what);
        expect(logits).toEqual(plain.logits);
        expect(plain.replayed).toEqual([]);
        if (isRecorded) expect(replayed.length).toBeGreaterThan(what.steps / 3);
      }),
    );
  });

  describe.each(translating)('of %s', (_, make) => {
    it.each([1, 3])('write what others write for texts of different lengths, with %i beams', (beams) =>
      withModel(make, async (model) => {
        const inputs = { inputIds: [[4, 5, 6, 7, 8], [9], [10, 11, 12]] };
        const options = { maximumNewTokens: 9, endTokens: [], beams, logProbabilities: true };
        const replays = jest.spyOn(Recording.prototype, 'replay');
        const write = (): Promise<Generated> => generate(model, inputs, options);
        const recorded = await write();
        if (isRecorded) expect(replays.mock.calls.length).toBeGreaterThan(0);
        replays.mockClear();
        expect(recorded).toEqual(await plainly(model, write));
        expect(replays).not.toHaveBeenCalled();
        replays.mockRestore();
      }),
    );
  });

  const makeGpt2 = (): GPT2LMHeadModel => new GPT2LMHeadModel(SMALL_GPT2, new Generator(1));
  const recordedAgain = { rows: [[3, 4, 5]], steps: 8 };

  it.each([
    ['and nobody has the old values', false],
    ['and the old values live on', true],
  ])('follow weights that are replaced, %s', (__, keepsOld) =>
    withModel(makeGpt2, async (model) => {
      const { weight } = model.transformer.ln_f;
      const old = weight.clone();
      const changeAt = (step: number): void => {
        if (step !== 4) return;
        const held = keepsOld ? weight.clone() : undefined;
        weight.assign(old.mul(2));
        held?.dispose();
      };
      if (!keepsOld) weight.assign(old.mul(1)); // its memory is its own
      const { logits, replayed } = await decode(model, recordedAgain, changeAt);
      weight.assign(old.mul(1));
      expect(logits).toEqual((await decodePlainly(model, recordedAgain, changeAt)).logits);
      if (isRecorded) expect(replayed).toEqual([1, 2, 3, 5, 6, 7]); // 4 is recorded
    }),
  );

  it('let hooks see every forward from when they are there', () =>
    withModel(makeGpt2, async (model) => {
      let seen = 0;
      const hookAt = (step: number): void => {
        if (step === 4) model.transformer.ln_f.registerForwardHook(() => void (seen += 1));
      };
      const { replayed } = await decode(model, recordedAgain, hookAt);
      expect(seen).toBe(4);
      if (isRecorded) expect(replayed).toEqual([1, 2, 3]);
    }));

  it('do not disturb one another, nor a search with beams', () =>
    withModel(makeGpt2, async (model) => {
      const alone = await decode(model, recordedAgain);
      const together = await Promise.all([decode(model, recordedAgain), decode(model, { mask: MASK, steps: 6 })]);
      expect(together[0].logits).toEqual(alone.logits);
      const search = { maximumNewTokens: 8, beams: 3 };
      const found = await generate(model, { inputIds: [[3, 4, 5]] }, search);
      const uncached = await generate(model, { inputIds: [[3, 4, 5]] }, { ...search, cache: false });
      expect(found.sequences).toEqual(uncached.sequences);
    }));

  it('give the event loop its turns between the layers, and end with a signal', () =>
    withModel(makeGpt2, async (model) => {
      let now = 0;
      const stop = new AbortController();
      const pace = new ReadingPace(() => (now += 20));
      const decoding = new Decoding(model, { cache: true, pace, signal: stop.signal });
      await decoding.begin([[3, 4, 5]]);
      for (let step = 0; step < 4; step++) {
        let turns = 0;
        const count = (): void => void (turns++, (pending = setImmediate(count)));
        let pending = setImmediate(count);
        await decoding.next([[step]]);
        clearImmediate(pending);
        expect(turns).toBeGreaterThan(0);
      }
      const aborted = decoding.next([[6]]);
      stop.abort();
      await expect(aborted).rejects.toThrow(/abort/i);
      decoding.dispose();
    }));

  it('are those of a conversation that goes on, too', () =>
    withModel(makeGpt2, async (model) => {
      const write = async (session?: GenerationSession): Promise<number[]> => {
        const ids = [3, 4, 5];
        for (let turn = 0; turn < 3; turn++) {
          const options = { maximumNewTokens: 5, ...(session && { session }) };
          for await (const { id } of generateTokens(model, [...ids], options)) ids.push(id);
          ids.push(turn);
        }
        return ids;
      };
      const session = new GenerationSession(model);
      expect(await write(session)).toEqual(await write());
      session.dispose();
    }));

  describe('of a pass', () => {
    /** Takes four steps of one layer, whose first state has `rest` beside it; which of them were recorded or replayed, and their results. */
    async function take(
      rest: (step: number) => Tensor | undefined,
      layer: (x: Tensor, rest: Tensor | undefined) => Tensor,
    ): Promise<{ taken: number[]; results: (number | undefined)[]; starts: number }> {
      const starts = jest.spyOn(Recording, 'start');
      const cache = new KeyValueCache(1);
      const first = zeros([1, 1, 1, 1]);
      cache.write(0, first, first);
      cache.advance(1);
      const steps = new RecordedSteps(cache, [], (step) => step());
      const taken: number[] = [];
      const results: (number | undefined)[] = [];
      const pass = function* (step: number): LayeredPass {
        const [x, beside] = [fill([1, 1, 1, 1], step), rest(step)];
        yield { x, rest: [beside] };
        const { keys } = cache.write(0, x, x);
        const y = add(layer(x, beside), sum(keys));
        cache.advance(1);
        return y;
      };
      steps.taken(1);
      for (let step = 0; step < 4; step++) {
        const turns = new Turns(() => 0);
        const out = await steps.take(
          1,
          () => pass(step),
          (states) => clone(states),
          turns,
        );
        if (out !== undefined) taken.push(step);
        results.push(out?.dataSync()[0]);
        if (out === undefined)
          await takePass(
            pass(step),
            turns,
            () => undefined,
            (one) => one(),
          );
        steps.taken(1);
      }
      const count = starts.mock.calls.length;
      starts.mockRestore();
      steps.dispose();
      cache.dispose();
      return { taken, results, starts: count };
    }

    it('see what the first state has', async () => {
      const { taken, results } = await take(
        (step) => fill([1], 10 * step),
        (x, rest) => add(x, rest ?? x),
      );
      if (isRecorded) expect({ taken, results }).toEqual({ taken: [0, 1, 2, 3], results: [0, 12, 25, 39] });
      else expect(taken).toEqual([]);
    });

    it('are recorded anew where it has another shape', async () => {
      const { results } = await take(
        (step) => fill([step < 2 ? 1 : 2], 10 * step),
        (x, rest) => add(x, sum(rest ?? x)),
      );
      if (isRecorded) expect(results).toEqual([0, 12, undefined, 69]);
    });

    it('are not tried again where a layer reads a tensor', async () => {
      const { taken, starts } = await take(
        () => undefined,
        (x) => mul(x, x.dataSync()[0] ?? 0),
      );
      expect({ taken, starts }).toEqual({ taken: [], starts: isRecorded ? 1 : 4 });
    });

    it('are left to the program where there is no memory for a recording', async () => {
      if (!isRecorded) return;
      let calls = 0;
      const { taken } = await take(
        () => undefined,
        (x) => {
          if (calls++ === 0) throw new DeviceError('OUT_OF_MEMORY', 'no memory');
          return x;
        },
      );
      expect({ taken, calls }).toEqual({ taken: [], calls: 5 });
    });
  });
});
