// SPDX-License-Identifier: Apache-2.0
// Tests of published models whose matrices are stored as bf16: their numbers, their memory, and their files.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  Generator,
  type Tensor,
  dispose,
  nativeMemory,
  noGrad,
  readSafetensors,
  readSafetensorsHeader,
  resetPeakMemory,
  scope,
  tensor,
  tensor2d,
  trimMemory,
} from '@nabla/core';
import { describeOnCpu, devices, roundToBf16, tolerance, useDevice } from '@nabla/testing';

import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { LlamaForSequenceClassification } from '../llama/classifier.ts';
import { LlamaForCausalLM } from '../llama/model.ts';
import type { PretrainedModel } from './architecture.ts';
import { fromPretrained } from './from-pretrained.ts';
import { savePretrained } from './save-pretrained.ts';

const GPT2 = { vocab_size: 97, n_positions: 24, n_embd: 36, n_layer: 2, n_head: 3 };
const LLAMA = {
  vocab_size: 97,
  hidden_size: 32,
  intermediate_size: 50,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};

let root: string;
beforeAll(() => (root = mkdtempSync(join(tmpdir(), 'nabla-storage-'))));
afterAll(() => rmSync(root, { recursive: true }));

const MAKE: Readonly<Record<string, () => PretrainedModel>> = {
  GPT2LMHeadModel: () => new GPT2LMHeadModel(GPT2, new Generator(1)),
  LlamaForCausalLM: () => new LlamaForCausalLM(LLAMA, new Generator(2)),
};

/** A folder of a new model, in a type of file. */
async function save(name: string, dtype: 'F32' | 'F16' | 'BF16'): Promise<string> {
  const folder = join(root, `${name}-${dtype}`);
  const model = MAKE[name]?.();
  if (model === undefined) throw new TypeError(name);
  await savePretrained(model, folder, { dtype });
  model.dispose();
  return folder;
}

function logits(model: PretrainedModel, ids: readonly number[]): Tensor {
  if (!(model instanceof GPT2LMHeadModel || model instanceof LlamaForCausalLM)) throw new TypeError('another model');
  return scope(() => noGrad(() => model.forward(tensor2d([[...ids]], [1, ids.length], 'int32'))));
}

/** Bytes of the file that are read at once. */
const PIECE = 2 ** 20;

const isMatrix = ({ rank }: Tensor): boolean => rank === 2;

describe.each(devices())('matrices stored as bf16 on %s', (device) => {
  useDevice(device);

  describe.each(Object.keys(MAKE))('%s', (name) => {
    it.each(['F32', 'F16', 'BF16'] as const)('computes with its rounded matrices, from %s', async (dtype) => {
      const folder = await save(name, dtype);
      const [plain, model] = [await fromPretrained(folder), await fromPretrained(folder, { storage: 'bfloat16' })];
      for (const [own, variable] of plain.namedState()) {
        const rounded = isMatrix(variable) ? roundToBf16(variable) : tensor(variable.dataSync(), variable.shape);
        const stored = model.stateDict()[own];
        expect(stored).toBeCloseToTensor(rounded, tolerance('exact'));
        variable.assign(rounded);
        rounded.dispose();
      }
      for (const ids of [[5], [1, 2, 3, 90, 4, 5, 6]]) {
        const [received, expected] = [logits(model, ids), logits(plain, ids)];
        expect(received).toBeCloseToTensor(expected, tolerance('matmul', 64));
        dispose(received, expected);
      }
      plain.dispose();
      model.dispose();
    });
  });

  it('are saved as BF16, and nothing is lost', async () => {
    const folder = await save('GPT2LMHeadModel', 'F32');
    const again = join(root, `again-${device.replace(':', '-')}`);
    const model = await fromPretrained(folder, { storage: 'bfloat16' });
    await savePretrained(model, again);
    const { tensors } = await readSafetensors(join(again, 'model.safetensors'));
    const { tensors: entries } = await readSafetensorsHeader(join(again, 'model.safetensors'));
    for (const [name, variable] of model.namedState()) {
      expect(tensors[name]).toBeCloseToTensor(variable, tolerance('exact'));
      expect(entries[name]?.dtype).toBe(isMatrix(variable) ? 'BF16' : 'F32');
    }
    dispose(tensors);
    model.dispose();
  });

  it('may be those of parameters that start anew', async () => {
    const folder = await save('LlamaForCausalLM', 'BF16');
    const options = { storage: 'bfloat16', newParameters: true } as const;
    const model = await fromPretrained(folder, LlamaForSequenceClassification, options);
    const { weight } = model.score;
    const rounded = roundToBf16(weight);
    expect(weight).toBeCloseToTensor(rounded, tolerance('exact'));
    expect(Math.max(...weight.dataSync())).toBeGreaterThan(0);
    rounded.dispose();
    model.dispose();
  });
});

it('is float32 or bfloat16', async () => {
  const folder = await save('GPT2LMHeadModel', 'F32');
  await expect(fromPretrained(folder, { storage: 'float16' as 'float32' })).rejects.toThrowCode('ARGUMENT', /bfloat16/);
});

describeOnCpu('the memory of matrices stored as bf16 on %s', (device) => {
  useDevice(device);

  it('is half, also while they are read', async () => {
    const folder = join(root, `large-${device.replace(':', '-')}`);
    const large = new GPT2LMHeadModel({ ...GPT2, vocab_size: 4000, n_embd: 192, n_layer: 4 }, new Generator(3));
    const matrices = [...new Set([...large.namedState()].map(([, variable]) => variable))].filter(isMatrix);
    const saved = 2 * matrices.reduce((elements, { size }) => elements + size, 0);
    await savePretrained(large, folder, { dtype: 'BF16' });
    large.dispose();
    const taken = async (storage: 'float32' | 'bfloat16'): Promise<{ bytes: number; peak: number }> => {
      trimMemory();
      resetPeakMemory();
      const before = nativeMemory() ?? { bytes: NaN, inUse: NaN };
      const model = await fromPretrained(folder, { storage });
      const after = nativeMemory() ?? { bytes: NaN, peak: NaN };
      model.dispose();
      return { bytes: after.bytes - before.bytes, peak: after.peak - before.inUse };
    };
    const [whole, half] = [await taken('float32'), await taken('bfloat16')];
    expect(whole.bytes - half.bytes).toBe(saved);
    expect(half.peak).toBeLessThan(half.bytes + 3.5 * PIECE); // a piece as it is in the file, and as float32
  });
});
