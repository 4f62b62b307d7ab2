// SPDX-License-Identifier: Apache-2.0
// A small GPT-2 that PyTorch trained to sort letters: every activation that PyTorch recorded, after every step of the first block and
// after every block, comes out of the modules of those names.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  Generator,
  type Tensor,
  attentionWeights,
  cast,
  clone,
  dispose,
  keep,
  noGrad,
  scope,
  slice,
  softmax,
  split,
  tensor,
  transpose,
} from '@nabla/core';
import type { Module } from '@nabla/layers';
import { assertClose, describeWithData, devices, useDevice } from '@nabla/testing';

import { splitHeads } from '../pretrained/heads.ts';
import { GPT2LMHeadModel } from './model.ts';

interface Stored {
  readonly shape: number[];
  readonly data: string;
}

/** A tensor as the files have it: float32 in base64. */
function read({ shape, data }: Stored): Tensor {
  const bytes = Uint8Array.from(Buffer.from(data, 'base64'));
  return tensor(new Float32Array(bytes.buffer), shape);
}

/** minGPT's linear maps are transformers' `Conv1D` the other way round. */
const isTransposed = (name: string): boolean => /(c_attn|c_proj|c_fc)\.weight$/.test(name);

/** What went into modules and came out of them, by the names of the recording. */
function watch(model: GPT2LMHeadModel, seen: Map<string, Tensor>): void {
  const { transformer } = model;
  const [first, ...others] = [...transformer.h];
  const hold = (name: string, x: Tensor): void => void seen.set(name, keep(clone(x)));
  const comesOut = (name: string, module: Module & { forward(...inputs: never[]): Tensor }): void => {
    module.registerForwardHook((_module, _inputs, y) => {
      hold(name, y);
      return undefined;
    });
  };
  const goesIn = (name: string, module: Module & { forward(x: Tensor): Tensor }): void => {
    module.registerForwardPreHook((_module, [x]) => {
      hold(name, x);
      return undefined;
    });
  };
  comesOut('tok_emb', transformer.wte);
  comesOut('x', transformer.drop);
  comesOut('ln1', first.ln_1);
  comesOut('qkv', first.attn.c_attn);
  goesIn('y', first.attn.c_proj);
  comesOut('yProj', first.attn.c_proj);
  goesIn('attnResid', first.ln_2);
  comesOut('ln2', first.ln_2);
  comesOut('fc', first.mlp.c_fc);
  goesIn('gelu', first.mlp.c_proj);
  comesOut('mlp', first.mlp);
  comesOut('mlpResid', first);
  [first, ...others].forEach((block, i) => comesOut(`block${i}`, block));
  comesOut('ln_f', transformer.ln_f);
}

describeWithData('a GPT-2 that sorts letters', 'gpt-nano-sort', (folder) => {
  const parse = (name: string): Record<string, Stored> =>
    JSON.parse(readFileSync(join(folder, `gpt-nano-sort-${name}.json`), 'utf8')) as Record<string, Stored>;
  const weights = parse('model');
  const { idx, ...recorded } = parse('t0-partials');
  for (const stored of [weights, recorded]) delete stored['config'];

  describe.each(devices())('on %s', (device) => {
    useDevice(device);

    it('computes every activation that PyTorch recorded', () => {
      const shape = { vocab_size: 3, n_positions: 11, n_embd: 48, n_layer: 3, n_head: 3, tie_word_embeddings: false };
      const model = new GPT2LMHeadModel(shape, new Generator(1)).eval();
      const seen = new Map<string, Tensor>();
      scope(() => {
        const state = Object.entries(weights)
          .filter(([name]) => !/\.attn\.bias$/.test(name)) // the causal mask
          .map(([name, stored]) => [name, isTransposed(name) ? transpose(read(stored)) : read(stored)] as const);
        model.loadStateDict(Object.fromEntries(state));
        watch(model, seen);
        const tokens = cast(read(idx), 'int32'); // [3, 11]
        const found = noGrad(() => {
          const logits = model.forward(tokens);
          const [q, k, v] = split(seen.get('qkv') as Tensor, 3, -1).map((part) => splitHeads(part, 3));
          return { q, k, v, attSm: attentionWeights(q, k, { causal: true }), lm_head: logits, probs: softmax(logits) };
        });
        const all = new Map([...seen, ...Object.entries(found)]);
        all.set('pos_emb', slice(model.transformer.wpe.weight, [0, 0], [11, 48]).reshape([1, 11, 48]));
        const names = Object.keys(recorded).filter((name) => name !== 'att'); // the scores are never in memory
        expect([...all.keys()].sort()).toEqual(names.sort());
        for (const name of names)
          assertClose(name, all.get(name) as Tensor, read(recorded[name]), { absolute: 1e-4, relative: 0 });
      });
      dispose(seen);
      model.dispose();
    });
  });
});
