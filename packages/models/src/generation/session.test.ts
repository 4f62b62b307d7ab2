// SPDX-License-Identifier: Apache-2.0
// Tests of conversations that are not read anew.

import { Generator } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { BartForConditionalGeneration } from '../bart/model.ts';
import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { LlamaForCausalLM, MistralForCausalLM } from '../llama/model.ts';
import { generate, generateTokens } from './generate.ts';
import type { GenerationOptions } from './options.ts';
import { GenerationSession } from './session.ts';

const VOCABULARY = 19;
const small = { vocab_size: VOCABULARY, n_positions: 200, n_embd: 12, n_layer: 2, n_head: 3, initializer_range: 0.5 };
const rotary = {
  ...{ vocab_size: VOCABULARY, hidden_size: 16, intermediate_size: 20, num_hidden_layers: 2, num_attention_heads: 4 },
  ...{ num_key_value_heads: 2, max_position_embeddings: 200, initializer_range: 0.5 },
};
const gpt2 = (): GPT2LMHeadModel => new GPT2LMHeadModel(small, new Generator(3));
const families: [string, () => Writer][] = [
  ['GPT-2', gpt2],
  ['Llama', () => new LlamaForCausalLM(rotary, new Generator(5))],
  ['Mistral, in windows of 4', () => new MistralForCausalLM({ ...rotary, sliding_window: 4 }, new Generator(6))],
];
type Writer = GPT2LMHeadModel | LlamaForCausalLM | MistralForCausalLM;

/** Writes with a model whose passes are counted: how many tokens went through it. */
class Counted {
  readonly model: Writer;
  tokens = 0;

  constructor(model: Writer) {
    this.model = model;
    const { byLayer } = model;
    model.byLayer = (tokens, inputs) => {
      this.tokens += tokens.size;
      return byLayer.call(model, tokens, inputs);
    };
  }

  async write(prompt: readonly number[], options: GenerationOptions = {}): Promise<number[]> {
    this.tokens = 0;
    const ids: number[] = [];
    for await (const { id } of generateTokens(this.model, prompt, { maximumNewTokens: 6, ...options })) ids.push(id);
    return ids;
  }
}

async function withCounted(
  make: () => Writer,
  use: (counted: Counted, session: GenerationSession) => Promise<void>,
): Promise<void> {
  const counted = new Counted(make());
  const session = new GenerationSession(counted.model);
  try {
    await use(counted, session);
  } finally {
    session.dispose();
    counted.model.dispose();
  }
}

const promptOf = (time: number): number[] => Array.from({ length: time }, (_, i) => (i * 7 + 3) % VOCABULARY);

describe.each(devices())('a session on %s', (device) => {
  useDevice(device);

  it.each(families)('writes what is written without, and reads what is new alone: %s', (_, make) =>
    withCounted(make, async (counted, session) => {
      let text = promptOf(70);
      for (const said of [[], [1, 2, 3], [4], promptOf(60)]) {
        text = [...text, ...said];
        const expected = await counted.write(text);
        expect(counted.tokens).toBe(text.length + 5);
        const written = await counted.write(text, { session });
        expect(written).toEqual(expected);
        expect(counted.tokens).toBe(text.length - session.reused + 5);
        text = [...text, ...written];
      }
      // Of the text before, all is known but the last token that was written.
      expect(session.reused).toBe(text.length - 6 - 60 - 1);
    }),
  );

  it('goes on from what is the same, however the text goes on', () =>
    withCounted(gpt2, async (counted, session) => {
      const text = promptOf(100);
      const check = async (prompt: readonly number[], reused: number): Promise<void> => {
        const expected = await counted.write(prompt);
        expect(await counted.write(prompt, { session })).toEqual(expected);
        expect([session.reused, counted.tokens]).toEqual([reused, prompt.length - reused + 5]);
      };
      await check(text, 0);
      await check(text, 99); // the last is read for what follows it
      await check(text.with(40, 0), 40);
      await check([...text.slice(0, 20), 1], 20);
      await check(text, 20);
      await check(text.slice(0, 1), 0);
      await check([9, ...text], 0);
    }));
});

describe('a session', () => {
  useDevice('js');

  it('keeps what was read before writing was stopped', () =>
    withCounted(gpt2, async (counted, session) => {
      const text = promptOf(90);
      const stop = new AbortController();
      const { byLayer } = counted.model;
      counted.model.byLayer = (tokens, inputs) => {
        if (inputs?.cache?.time === 30) stop.abort(new Error('enough')); // while the second of three parts is read
        return byLayer.call(counted.model, tokens, inputs);
      };
      await expect(counted.write(text, { session, tokensPerPass: 30, signal: stop.signal })).rejects.toThrow('enough');
      counted.model.byLayer = byLayer;
      for await (const { id } of generateTokens(counted.model, text, { session })) if (id >= 0) break;
      expect([30, 60]).toContain(session.reused); // the second part counts if all of its layers were done
      expect(await counted.write(text, { session })).toEqual(await counted.write(text));
      expect(session.reused).toBe(89);
    }));

  it('is cleared when weights have changed', () =>
    withCounted(gpt2, async (counted, session) => {
      await counted.write(promptOf(9), { session });
      session.clear();
      await counted.write(promptOf(9), { session });
      expect(session.reused).toBe(0);
    }));

  it('is of one model that has no encoder, and writes one text at a time', () =>
    withCounted(gpt2, async ({ model }, session) => {
      const other = gpt2();
      const refused = async (work: Promise<unknown>, message: RegExp): Promise<void> => {
        await expect(work).rejects.toMatchObject({
          code: 'SESSION',
          message: expect.stringMatching(message) as string,
        });
      };
      await refused(generateTokens(other, [1], { session }).next(), /of the model that writes/);
      const first = generateTokens(model, [1, 2], { session });
      await first.next();
      await refused(generateTokens(model, [1], { session }).next(), /one text at a time/);
      expect(() => session.clear()).toThrowCode('SESSION');
      await first.return(undefined);
      const pair = { inputIds: [[1], [2, 3]] };
      await refused(generate(model, pair, { session }), /one text without padding, received 2 texts/);
      await refused(generate(model, { inputIds: [[1]] }, { session, beams: 2 }), /2 beams/);
      await refused(
        generate(model, { inputIds: [[1]] }, { session, returnedSequences: 3 }),
        /one text, received 3 texts/,
      );
      await refused(generate(model, { inputIds: [[1]] }, { session, cache: false }), /not to be false/);
      const padded = { inputIds: [[0, 1]], attentionMask: [[0, 1]] };
      await refused(generate(model, padded, { session }), /one with padding/);
      const bart = new BartForConditionalGeneration({ d_model: 16, encoder_layers: 1, decoder_layers: 1, vocab_size: 9 }, new Generator(1)); // prettier-ignore
      expect(() => new GenerationSession(bart)).toThrowCode('SESSION', /has an encoder/);
      bart.dispose();
      other.dispose();
    }));
});
