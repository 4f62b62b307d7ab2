// SPDX-License-Identifier: Apache-2.0
// Tests of Llama, Mistral and Qwen2: transformers' numbers, every option against its formula, caches, padding, refusals.

import { Generator, type Tensor, noGrad, scope, slice, tensor, tensor2d } from '@nabla/core';
import { describeWithData, devices, fromRecord, fromValues, golden, tolerance, useDevice } from '@nabla/testing';

import { describeTinyGeneration } from '../generation/test-generation.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { describeTiny } from '../pretrained/test-hf-tiny.ts';
import { llamaSchema, mistralSchema, qwen2Schema } from './config.ts';
import { LlamaForCausalLM, LlamaModel, MistralForCausalLM, Qwen2ForCausalLM } from './model.ts';

describeTiny('llama', LlamaForCausalLM, (model, { input_ids: tokens, labels, attention_mask, position_ids }) => {
  const inputs = { attentionMask: attention_mask, positions: position_ids };
  const states = model.model.hiddenStates(tokens, inputs);
  return {
    outputs: {
      logits: model.forward(tokens, inputs),
      ...Object.fromEntries(states.map((state, i) => [`hidden_states.${i}`, state])),
    },
    loss: labels && model.loss(tokens, labels, inputs),
  };
});

describeTinyGeneration('llama', LlamaForCausalLM);

const CLASSES = [LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM];
const cases = golden('llama').cases.map((recorded) => {
  const Class = CLASSES.find(({ architecture }) => architecture.name === recorded.model) ?? LlamaForCausalLM;
  return { ...recorded, Class };
});

const sizes = { vocab_size: 19, hidden_size: 16, intermediate_size: 20, num_hidden_layers: 2, num_attention_heads: 4 };
const mistral = { ...sizes, num_key_value_heads: 2, sliding_window: 5 };
const dynamic = { rope_scaling: { rope_type: 'dynamic', factor: 2 }, max_position_embeddings: 80 } as const;

type Decoder = LlamaForCausalLM | MistralForCausalLM | Qwen2ForCausalLM;

/** Lends a test a model, without gradients. */
function lend(model: Decoder, use: (model: Decoder) => void): void {
  noGrad(() => scope(() => use(model.eval())));
  model.dispose();
}

const row = (...ids: number[]): Tensor => tensor([ids], undefined, 'int32');

describe.each(devices())('decoders with rotary positions on %s', (device) => {
  useDevice(device);

  it.each(cases)('give the logits of the formula: $model, $name', ({ Class, config, inputs, parameters, logits }) => {
    lend(new Class(config, new Generator(1)), (model) => {
      expect([...model.namedState()].map(([name]) => name).sort()).toEqual(Object.keys(parameters).sort());
      model.loadStateDict(fromRecord(parameters));
      const tokens = inputs['tokens'];
      if (tokens === undefined) throw new Error('no tokens were recorded');
      expect(model.forward(fromValues(tokens))).toBeCloseToTensor(logits, tolerance('matmul', 256));
    });
  });

  const models: [string, () => Decoder][] = [
    ['Llama', () => new LlamaForCausalLM(sizes, new Generator(1))],
    ['Llama whose positions are scaled', () => new LlamaForCausalLM({ ...sizes, ...dynamic }, new Generator(2))],
    ['Mistral', () => new MistralForCausalLM(mistral, new Generator(3))],
  ];
  const feeds = [
    [1, 1, 1, 1, 1, 1],
    [3, 1, 4],
    [60, 3, 1, 1, 4, 2],
  ];
  it.each(models.flatMap(([name, make]) => feeds.map((parts) => [name, parts, make] as const)))(
    'give the logits of the whole with a cache: %s, fed %j',
    (_, parts, make) => {
      const total = parts.reduce((a, b) => a + b, 0);
      const tokens = tensor2d(
        Int32Array.from({ length: 2 * total }, (__, i) => (i * 7 + 3) % 19),
        [2, total],
        'int32',
      );
      lend(make(), (model) => {
        const cache = model.newCache();
        const whole = model.forward(tokens);
        let at = 0;
        for (const part of parts) {
          const logits = model.forward(slice(tokens, [0, at], [2, part]), { cache });
          expect(logits).toBeCloseToTensor(slice(whole, [0, at, 0], [2, part, 19]), tolerance('matmul', 64));
          at += part;
        }
        cache.dispose();
      });
      tokens.dispose();
    },
  );

  it('hide padding on the left, in the cache too, and turn each token by its own position', () => {
    lend(new LlamaForCausalLM(sizes, new Generator(4)), (model) => {
      const cache = model.newCache();
      const alone = model.forward(row(5, 6, 7, 8));
      const first = model.forward(row(0, 0, 5, 6, 7), {
        cache,
        attentionMask: row(0, 0, 1, 1, 1),
        positions: row(1, 1, 0, 1, 2),
      });
      const last = model.forward(row(8), { cache, attentionMask: row(0, 0, 1, 1, 1, 1), positions: row(3) });
      expect(slice(first, [0, 2, 0], [1, 3, 19])).toBeCloseToTensor(
        slice(alone, [0, 0, 0], [1, 3, 19]),
        tolerance('matmul', 64),
      );
      expect(last).toBeCloseToTensor(slice(alone, [0, 3, 0], [1, 1, 19]), tolerance('matmul', 64));
      cache.dispose();
    });
  });

  it('see no more than their window: what lies before it changes nothing', () => {
    lend(new MistralForCausalLM({ ...mistral, num_hidden_layers: 1 }, new Generator(5)), (model) => {
      const logits = (...ids: number[]): Tensor => slice(model.forward(row(...ids)), [0, 6, 0], [1, 1, 19]);
      const one = logits(1, 2, 3, 4, 5, 6, 7);
      expect(logits(9, 9, 3, 4, 5, 6, 7)).toBeCloseToTensor(one, tolerance('exact'));
      expect(logits(1, 2, 9, 4, 5, 6, 7)).not.toBeCloseToTensor(one, tolerance('matmul', 64));
    });
  });

  it('see no more than their window of a padded batch', () => {
    lend(new MistralForCausalLM(mistral, new Generator(6)), (model) => {
      const alone = model.forward(row(1, 2, 3, 4, 5, 6, 7));
      const padded = model.forward(row(0, 0, 1, 2, 3, 4, 5, 6, 7), {
        attentionMask: row(0, 0, 1, 1, 1, 1, 1, 1, 1),
        positions: row(0, 0, 0, 1, 2, 3, 4, 5, 6),
      });
      expect(slice(padded, [0, 2, 0], [1, 7, 19])).toBeCloseToTensor(alone, tolerance('matmul', 64));
    });
  });
});

describe('the configurations of decoders with rotary positions', () => {
  it.each([
    [llamaSchema, { ...sizes, hidden_size: 13 }, 'num_attention_heads', /divide hidden_size/],
    [llamaSchema, { ...sizes, num_key_value_heads: 3 }, 'num_key_value_heads', /divide num_attention_heads/],
    [llamaSchema, { ...sizes, head_dim: 3 }, 'head_dim', /even/],
    [llamaSchema, { ...sizes, hidden_act: 'swoosh' }, 'hidden_act', /silu/],
    [mistralSchema, sizes, 'num_key_value_heads', /divide/], // 8 where it is missing, as in transformers
    [mistralSchema, { ...mistral, sliding_window: 0 }, 'sliding_window', />=1/],
    [qwen2Schema, { ...mistral, layer_types: ['full_attention'] }, 'layer_types', /each of 2 layers/],
    [qwen2Schema, { ...mistral, layer_types: ['full_attention', 'sliding_attention'] }, 'use_sliding_window', /true/],
  ])('are refused where sizes do not go together: %#', (schema, fields, path, message) => {
    const issue = schema.safeParse(fields).error?.issues[0];
    expect(issue?.path.join('.')).toBe(path);
    expect(issue?.message).toMatch(message);
  });
});

describeWithData('the folder of a Llama', 'hf-tiny/llama', (folder) => {
  useDevice('js');

  it.each(['vocab_size', 'intermediate_size', 'num_hidden_layers', 'head_dim', 'num_key_value_heads'])(
    'is refused before anything is made where %s is another number than that of the weights',
    async (field) => {
      const config = { num_attention_heads: 4, [field]: field === 'num_key_value_heads' ? 1 : 1e9 };
      await expect(fromPretrained(folder, LlamaForCausalLM, { config })).rejects.toThrowCode('PRETRAINED');
    },
  );

  it('allows any number of positions', async () => {
    const config = { max_position_embeddings: Number.MAX_SAFE_INTEGER };
    (await fromPretrained(folder, LlamaForCausalLM, { config })).dispose();
  });

  it('loads without its head, and as the model that its configuration names', async () => {
    const [headless, whole] = [await fromPretrained(folder, LlamaModel), await fromPretrained(folder)];
    expect(whole).toBeInstanceOf(LlamaForCausalLM);
    scope(() => {
      const tokens = row(1, 2, 3);
      const { model } = whole as LlamaForCausalLM;
      expect(headless.forward(tokens)).toBeCloseToTensor(model.forward(tokens), tolerance('exact'));
    });
    headless.dispose();
    whole.dispose();
  });
});
