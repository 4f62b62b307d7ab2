// SPDX-License-Identifier: Apache-2.0
// Tests of the transformer against nanoGPT's model in PyTorch: logits, loss, gradients, ten steps of training.

import { Generator, type Tensor, clipByGlobalNorm, dispose, tensor1d, valueAndGrad } from '@nabla/core';
import { crossEntropy } from '@nabla/layers';
import { AdamW } from '@nabla/optimizers';
import {
  type TensorRecord,
  assertClose,
  devices,
  fromRecord,
  fromValues,
  golden,
  tolerance,
  useDevice,
} from '@nabla/testing';

import { CharacterTransformer } from './model.ts';

/** Our name of a parameter of nanoGPT's. */
function ourName(theirs: string): string {
  return theirs
    .replace('transformer.', '')
    .replace(/^wte\./, 'embedding.')
    .replace(/^wpe\./, 'positions.')
    .replace(/^h\./, 'blocks.')
    .replace(/^ln_f\./, 'norm.')
    .replace('.ln_1.', '.norm1.')
    .replace('.ln_2.', '.norm2.')
    .replace('.attn.c_attn.', '.self_attn.in_proj_')
    .replace('.attn.c_proj.', '.self_attn.out_proj.')
    .replace('.mlp.c_fc.', '.linear1.')
    .replace('.mlp.c_proj.', '.linear2.');
}

function byOurNames(record: TensorRecord): TensorRecord {
  return Object.fromEntries(Object.entries(record).map(([name, values]) => [ourName(name), values]));
}

const recorded = golden('gpt').cases[0];
const tokens = recorded.inputs['tokens'];
const targets = recorded.inputs['targets'];

/** Lends a model with the recorded weights, and its loss on the recorded batch. */
function withModel(use: (model: CharacterTransformer, loss: () => Tensor) => void): void {
  const model = new CharacterTransformer({ ...recorded.options, dropout: 0 }, new Generator(1));
  const weights = fromRecord(byOurNames(recorded.parameters));
  model.loadStateDict(weights);
  use(model, () => crossEntropy(model.forward(fromValues(tokens)), fromValues(targets)));
  dispose(model, weights);
}

describe.each(devices())('CharacterTransformer on %s', (device) => {
  useDevice(device);

  it('gives nanoGPT’s logits, loss and gradients', () => {
    withModel((model, loss) => {
      expect(model.forward(fromValues(tokens))).toBeCloseToTensor(recorded.logits, tolerance('matmul', 64));
      const [names, parameters] = [[...model.namedParameters()].map(([name]) => name), model.parameters()];
      const { value, gradients } = valueAndGrad(loss, parameters);
      expect(value).toBeCloseToTensor(recorded.loss, tolerance('matmul', 64));
      const expected = byOurNames(recorded.parameterGradients);
      expect([...names].sort()).toEqual(Object.keys(expected).sort());
      gradients.forEach((gradient, i) => {
        const name = names[i] ?? '';
        assertClose(`gradient of ${name}`, gradient, expected[name], tolerance('matmul', 64));
      });
    });
  });

  it('trains as nanoGPT does for ten steps', () => {
    const { options, losses, gradientNorms } = recorded.training;
    const { maximumNorm, ...settings } = options;
    const found: { losses: number[]; norms: number[] } = { losses: [], norms: [] };
    withModel((model, loss) => {
      const optimizer = new AdamW(model.parameters(), settings);
      for (let step = 0; step < 10; step++) {
        const { value, gradients } = valueAndGrad(loss, optimizer.parameters);
        const { norm } = clipByGlobalNorm(gradients, maximumNorm);
        optimizer.applyGradients(gradients);
        found.losses.push(value.dataSync()[0] ?? NaN);
        found.norms.push(norm.dataSync()[0] ?? NaN);
      }
      optimizer.dispose();
    });
    expect(tensor1d(found.losses)).toBeCloseToTensor(losses, tolerance('training', 10));
    expect(tensor1d(found.norms)).toBeCloseToTensor(gradientNorms, tolerance('training', 50));
  });
});

describe('the start of a CharacterTransformer', () => {
  useDevice('js');

  it('is GPT-2’s: small weights, smaller ones before a sum, no bias', () => {
    const shape = { vocabulary: 65, layers: 8, heads: 4, width: 64, context: 32, dropout: 0.1 };
    const model = new CharacterTransformer(shape, new Generator(3));
    for (const [name, parameter] of model.namedParameters()) {
      const values = parameter.dataSync<'float32'>();
      const deviation = Math.sqrt(values.reduce((total, value) => total + value * value, 0) / values.length);
      const addsUp = /out_proj\.weight|linear2\.weight/.test(name);
      if (name.endsWith('bias')) expect([name, deviation]).toEqual([name, 0]);
      else if (name.includes('norm')) expect([name, deviation]).toEqual([name, 1]);
      else expect([name, deviation]).toEqual([name, expect.closeTo(addsUp ? 0.005 : 0.02, 3)]);
    }
    model.dispose();
  });

  it('is the same for the same seed', () => {
    const shape = { vocabulary: 5, layers: 1, heads: 1, width: 4, context: 4, dropout: 0 };
    const models = [7, 7, 8].map((seed) => new CharacterTransformer(shape, new Generator(seed)).stateDict());
    const [a, b, c] = models.map((state) => [...(state['embedding.weight']?.dataSync() ?? [])]);
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
    dispose(models);
  });
});
