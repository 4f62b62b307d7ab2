// SPDX-License-Identifier: Apache-2.0
// Training of networks of every kind: nothing of a step runs on the host of a native device; and in bf16, against the same in float32.

import {
  Generator,
  type Tensor,
  dispose,
  indexLooks,
  kernelTable,
  mean,
  nativeMemory,
  resetPeakMemory,
  reshape,
  square,
  sub,
  tensor,
} from '@nabla/core';
import {
  BatchNorm2d,
  Conv2d,
  Embedding,
  Flatten,
  GRU,
  GroupNorm,
  LSTM,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  crossEntropy,
} from '@nabla/layers';
import { AdamW } from '@nabla/optimizers';
import {
  describeOnCuda,
  describeOnNative,
  inPrecision,
  randomTensor,
  useDevice,
  withActivations,
} from '@nabla/testing';

import { BartForConditionalGeneration } from '../bart/model.ts';
import { GPT2LMHeadModel } from '../gpt2/model.ts';
import { LlamaForCausalLM } from '../llama/model.ts';
import { RobertaForMaskedLM } from '../roberta/heads.ts';

interface Case {
  readonly model: Module;
  readonly data: readonly Tensor[];
  readonly loss: () => Tensor;
}

const integers = (shape: number[], bound: number): Tensor => {
  const size = shape.reduce((a, b) => a * b);
  return tensor(
    Int32Array.from({ length: size }, (_, i) => (i * i * 7 + 3 * i) % bound),
    shape,
    'int32',
  );
};

class Tagger extends Module {
  readonly embedding: Embedding;
  readonly recurrent: LSTM | GRU;
  readonly head: Linear;

  constructor(kind: typeof LSTM | typeof GRU, generator: Generator) {
    super();
    this.embedding = new Embedding(11, 8, { generator });
    this.recurrent = new kind(8, 16, { generator, layers: 2, bidirectional: true });
    this.head = new Linear(32, 11, { generator });
  }

  override forward(tokens: Tensor): Tensor {
    return this.head.forward(this.recurrent.forward(this.embedding.forward(tokens)).output);
  }
}

function tagger(kind: typeof LSTM | typeof GRU, generator: Generator): Case {
  const model = new Tagger(kind, generator);
  const tokens = integers([4, 12], 11);
  return { model, data: [tokens], loss: () => crossEntropy(model.forward(tokens), tokens) };
}

const CASES: Readonly<Record<string, (generator: Generator) => Case>> = {
  'GPT-2 with dropout': (generator) => {
    const config = { vocab_size: 29, n_positions: 24, n_embd: 32, n_layer: 2, n_head: 2 };
    const model = new GPT2LMHeadModel({ ...config, embd_pdrop: 0.1, attn_pdrop: 0.1, resid_pdrop: 0.1 }, generator);
    const tokens = integers([3, 24], 29);
    return { model, data: [tokens], loss: () => model.loss(tokens, tokens) };
  },
  'Llama, whose heads share keys': (generator) => {
    const sizes = { vocab_size: 29, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 1 };
    const heads = { num_attention_heads: 4, num_key_value_heads: 2, max_position_embeddings: 24 };
    const model = new LlamaForCausalLM({ ...sizes, ...heads }, generator);
    const tokens = integers([2, 20], 29);
    return { model, data: [tokens], loss: () => model.loss(tokens, tokens) };
  },
  'BART, which shifts its positions': (generator) => {
    const sizes = { vocab_size: 29, d_model: 32, max_position_embeddings: 24, encoder_layers: 1, decoder_layers: 1 };
    const heads = { encoder_attention_heads: 2, decoder_attention_heads: 2 };
    const widths = { encoder_ffn_dim: 48, decoder_ffn_dim: 48 };
    const model = new BartForConditionalGeneration({ ...sizes, ...heads, ...widths }, generator);
    const [tokens, labels] = [integers([2, 20], 29), integers([2, 12], 29)];
    return { model, data: [tokens, labels], loss: () => model.loss(tokens, labels) };
  },
  'RoBERTa, which counts its positions': (generator) => {
    const sizes = { vocab_size: 29, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 1 };
    const heads = { num_attention_heads: 2, max_position_embeddings: 22, pad_token_id: 1 };
    const model = new RobertaForMaskedLM({ ...sizes, ...heads }, generator);
    const tokens = integers([2, 20], 29);
    return { model, data: [tokens], loss: () => model.loss(tokens, tokens) };
  },
  'a convolutional network': (generator) => {
    const model = new Sequential(
      new Conv2d(3, 8, 3, { padding: 1, generator }),
      new BatchNorm2d(8),
      new ReLU(),
      new MaxPool2d(2),
      new Conv2d(8, 8, 3, { padding: 1, groups: 2, activation: 'relu', generator }),
      new GroupNorm(2, 8),
      new Flatten(),
      new Linear(8 * 4 * 4, 5, { generator }),
    );
    const [x, y] = [randomTensor([6, 8, 8, 3], { seed: 1 }), integers([6], 5)];
    return { model, data: [x, y], loss: () => crossEntropy(model.forward(x), y) };
  },
  'a recurrent network of LSTMs': (generator) => tagger(LSTM, generator),
  'a recurrent network of GRUs': (generator) => tagger(GRU, generator),
  'a network that predicts numbers': (generator) => {
    const model = new Sequential(new Linear(8, 32, { generator }), new ReLU(), new Linear(32, 1, { generator }));
    const [x, y] = [randomTensor([16, 8], { seed: 1 }), randomTensor([16], { seed: 2 })];
    return { model, data: [x, y], loss: () => mean(square(sub(reshape(model.forward(x), [16]), y))) };
  },
};

const STEPS = 12;

/** The losses of a training, and the most memory that it had in use. */
function train(make: (generator: Generator) => Case): { losses: number[]; peak: number } {
  const { model, data, loss } = make(new Generator(3));
  const optimizer = new AdamW(model.parameters(), { learningRate: 3e-3 });
  resetPeakMemory();
  const losses = Array.from({ length: STEPS }, () => {
    const value = optimizer.step(loss);
    const [number] = value.dataSync();
    value.dispose();
    return number;
  });
  const peak = nativeMemory()?.peak ?? 0;
  optimizer.dispose();
  model.dispose();
  dispose(data);
  return { losses, peak };
}

function onCuda(): void {
  useDevice('cuda');

  it.each(Object.entries(CASES))('trains %s as float32 does, nearly, in no more memory', (_, make) => {
    const exact = train(make);
    const looks = indexLooks();
    const mixed = inPrecision('bf16', () => withActivations('bfloat16', () => train(make)));
    expect(indexLooks()).toBe(looks);
    expect(mixed.losses).not.toEqual(exact.losses);
    const furthest = Math.max(...mixed.losses.map((loss, i) => Math.abs(loss - exact.losses[i]) / exact.losses[0]));
    expect(furthest).toBeLessThan(0.02);
    expect(exact.losses[STEPS - 1]).toBeLessThan(exact.losses[0]);
    expect(mixed.peak).toBeLessThanOrEqual(1.05 * exact.peak); // blocks of the allocator are rounded up
  });
}

describeOnNative('training on %s', (device) => {
  useDevice(device);

  it.each(Object.entries(CASES))('leaves nothing of %s to the host', (_, make) => {
    const runs = (): string[] => kernelTable().map(({ kernel, hostRuns }) => `${kernel} ${hostRuns}`);
    const before = runs();
    train(make);
    expect(runs()).toEqual(before);
  });

  it.each(Object.entries(CASES))('looks at no indices of %s', (_, make) => {
    const before = indexLooks();
    train(make);
    expect(indexLooks()).toBe(before);
  });
});

describeOnCuda('training in bf16', onCuda);
