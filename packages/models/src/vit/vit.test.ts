// SPDX-License-Identifier: Apache-2.0
// Tests of the vision transformer against transformers' numbers, and of other shapes against their formula.

import { Generator, type Tensor, normal, scope, tensor, transpose } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { describeTiny } from '../pretrained/test-hf-tiny.ts';
import { vitSchema } from './config.ts';
import { ViTForImageClassification, ViTModel } from './model.ts';

describeTiny('vit', ViTForImageClassification, (model, { pixel_values, labels }) => {
  const images = transpose(pixel_values, [0, 2, 3, 1]); // channels last
  const states = model.vit.hiddenStates(images);
  return {
    outputs: {
      logits: model.forward(images),
      ...Object.fromEntries(states.map((state, i) => [`hidden_states.${i}`, state])),
    },
    loss: labels && model.loss(images, labels),
  };
});

/** Images and patches that are no squares, so that no two lengths can be mistaken for each other. */
const config = {
  hidden_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 3,
  intermediate_size: 10,
  image_size: [4, 9],
  patch_size: [2, 3],
  num_channels: 2,
  initializer_range: 0.5,
  num_labels: 4,
} satisfies Partial<ViTModel['config']>;

const numbersOf = (x: Tensor): number[] => Array.from(x.dataSync());

describe.each(devices())('the vision transformer on %s', (device) => {
  useDevice(device);

  it.each([
    { title: 'of its own size', height: 4, width: 9, interpolatePositions: false },
    { title: 'of another size with as many patches', height: 6, width: 6, interpolatePositions: true },
  ])('embeds each patch of an image $title, row by row', ({ height, width, interpolatePositions }) => {
    const model = new ViTModel(config, new Generator(1)).eval();
    scope(() => {
      const images = normal([2, height, width, 2], new Generator(2));
      const pixels = numbersOf(images);
      const { position_embeddings, cls_token, patch_embeddings } = model.embeddings;
      const weight = numbersOf(patch_embeddings.projection.weight); // [6, 2, 2, 3]
      const positions = numbersOf(position_embeddings);
      const whole = numbersOf(cls_token);
      const embedded = numbersOf(model.hiddenStates(images, { interpolatePositions })[0]);
      const [rows, columns] = [height / 2, width / 3];
      expect(embedded.length).toBe(2 * 7 * 6);
      /** Without a position: the bias starts at 0. */
      const patch = (image: number, row: number, column: number, feature: number): number => {
        let total = 0;
        for (let channel = 0; channel < 2; channel++)
          for (let y = 0; y < 2; y++)
            for (let x = 0; x < 3; x++) {
              const pixel = ((image * height + row * 2 + y) * width + column * 3 + x) * 2 + channel;
              total += (weight[((feature * 2 + channel) * 2 + y) * 3 + x] ?? NaN) * (pixels[pixel] ?? NaN);
            }
        return total;
      };
      for (let image = 0; image < 2; image++)
        for (let feature = 0; feature < 6; feature++) {
          const at = (token: number): number => embedded[(image * 7 + token) * 6 + feature] ?? NaN;
          expect(at(0)).toBeCloseTo((whole[feature] ?? NaN) + (positions[feature] ?? NaN), 5);
          if (interpolatePositions) continue; // its positions are tested where they are stretched
          for (let row = 0; row < rows; row++)
            for (let column = 0; column < columns; column++) {
              const token = 1 + row * columns + column;
              const position = positions[token * 6 + feature] ?? NaN;
              expect(at(token)).toBeCloseTo(patch(image, row, column, feature) + position, 5);
            }
        }
    });
    model.dispose();
  });

  it('is pooled from the first token, with the activation of the configuration', () => {
    const model = new ViTModel({ ...config, pooler_output_size: 5, pooler_act: 'relu' }, new Generator(3)).eval();
    scope(() => {
      const hidden = normal([2, 7, 6], new Generator(4));
      const states = numbersOf(hidden);
      const weight = numbersOf(model.pooler?.dense.weight as Tensor); // [5, 6]
      const pooled = numbersOf(model.pool(hidden));
      for (let image = 0; image < 2; image++)
        for (let output = 0; output < 5; output++) {
          const sum = [0, 1, 2, 3, 4, 5].reduce(
            (total, i) => total + (weight[output * 6 + i] ?? NaN) * (states[image * 42 + i] ?? NaN),
            0,
          );
          expect(pooled[image * 5 + output]).toBeCloseTo(Math.max(sum, 0), 5);
        }
    });
    model.dispose();
  });

  it.each([
    { problem: undefined, labels: () => tensor([1, 3], undefined, 'int32') },
    {
      problem: 'multi_label_classification' as const,
      labels: () =>
        tensor([
          [0, 1, 1, 0],
          [1, 0, 0, 0],
        ]),
    },
    {
      problem: 'regression' as const,
      labels: () =>
        tensor([
          [0.5, 1, -1, 0],
          [1, 0, 2, 0],
        ]),
    },
  ])('has a loss for the problem $problem', ({ problem, labels }) => {
    const model = new ViTForImageClassification({ ...config, problem_type: problem }, new Generator(5)).eval();
    scope(() => {
      const images = normal([2, 4, 9, 2], new Generator(6));
      const logits = numbersOf(model.forward(images));
      const wanted = numbersOf(labels());
      const [first, second] = [logits.slice(0, 4), logits.slice(4)];
      const crossEntropy = (row: number[], label: number): number =>
        Math.log(row.reduce((total, x) => total + Math.exp(x), 0)) - (row[label] ?? NaN);
      const mean = (cost: (logit: number, label: number) => number): number =>
        logits.reduce((total, logit, i) => total + cost(logit, wanted[i] ?? NaN), 0) / 8;
      const expected =
        problem === undefined
          ? (crossEntropy(first, 1) + crossEntropy(second, 3)) / 2
          : problem === 'regression'
            ? mean((logit, label) => (logit - label) ** 2)
            : mean((logit, label) => Math.log(1 + Math.exp(logit)) - logit * label);
      expect(model.loss(images, labels()).dataSync()[0]).toBeCloseTo(expected, 5);
    });
    model.dispose();
  });
});

describe('the configuration of the vision transformer', () => {
  it("has transformers' defaults", () => {
    expect(vitSchema.parse({})).toMatchObject({
      hidden_size: 768,
      image_size: 224,
      patch_size: 16,
      layer_norm_eps: 1e-12,
    });
  });

  it.each([
    [{ hidden_size: 10, num_attention_heads: 3 }, 'to divide hidden_size'],
    [{ image_size: [32, 8], patch_size: 16 }, 'to be at most image_size'],
    [{ image_size: 0 }, ''],
    [{ patch_size: [16, 16, 16] }, ''],
    [{ hidden_act: 'gelu_unheard_of' }, ''],
  ])('refuses %j', (fields, message) => {
    const result = vitSchema.safeParse(fields);
    expect(result.success).toBe(false);
    expect(result.error?.issues[0]?.message).toContain(message);
  });
});
