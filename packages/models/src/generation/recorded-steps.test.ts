// SPDX-License-Identifier: Apache-2.0
// Tests of steps that are recorded and replayed: they give, bit for bit, what steps that are not recorded give.

import { Generator, Recording } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { BartForConditionalGeneration } from '../bart/model.ts';
import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM } from '../llama/model.ts';
import { T5ForConditionalGeneration } from '../t5/model.ts';
import { Decoding, type GenerativeModel, isEncoderDecoder, tensorOf } from './decoding.ts';
import { generate } from './generate.ts';

const VOCABULARY = 19;
const gpt2 = { vocab_size: VOCABULARY, n_positions: 200, n_embd: 12, n_layer: 2, n_head: 3, initializer_range: 0.3 };
const rotary = {
  ...{ vocab_size: VOCABULARY, hidden_size: 16, intermediate_size: 20, num_hidden_layers: 2, num_attention_heads: 4 },
  ...{ num_key_value_heads: 2, max_position_embeddings: 200 },
};
const windows = { use_sliding_window: true, sliding_window: 7, max_window_layers: 1 };
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
const families: [string, () => GenerativeModel][] = [
  ['GPT-2', () => new GPT2LMHeadModel(gpt2, new Generator(1))],
  ['Llama', () => new LlamaForCausalLM(rotary, new Generator(2))],
  ['Mistral, in windows of 5', () => new MistralForCausalLM({ ...rotary, sliding_window: 5 }, new Generator(3))],
  ['Qwen2, in windows in some layers', () => new Qwen2ForCausalLM({ ...rotary, ...windows }, new Generator(4))],
  ['BART', () => new BartForConditionalGeneration(bart, new Generator(5))],
  ['T5', () => new T5ForConditionalGeneration(t5, new Generator(6))],
];

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

/** The same without recordings: forward hooks want every forward to be called. */
async function decodePlainly(...[model, what, between]: Parameters<typeof decode>): ReturnType<typeof decode> {
  const hook = model.registerForwardHook(() => undefined);
  try {
    return await decode(model, what, between);
  } finally {
    hook.remove();
  }
}

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

  const makeGpt2 = (): GPT2LMHeadModel => new GPT2LMHeadModel(gpt2, new Generator(1));
  const recordedAgain = { rows: [[3, 4, 5]], steps: 8 };

  it('follow weights that change in their place, and those that are replaced', () =>
    withModel(makeGpt2, async (model) => {
      const { weight } = model.transformer.ln_f;
      const changeAt = (step: number): void => {
        if (step === 4) weight.assign(weight.mul(2));
      };
      const { logits, replayed } = await decode(model, recordedAgain, changeAt);
      weight.assign(weight.div(2));
      expect(logits).toEqual((await decodePlainly(model, recordedAgain, changeAt)).logits);
      if (isRecorded) expect(replayed).toEqual([1, 2, 3, 4, 6, 7]); // 4 meets the weight that is gone, and is taken otherwise; 5 is recorded
    }));

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
});
