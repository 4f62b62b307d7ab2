// SPDX-License-Identifier: Apache-2.0
// Tests of CLIP against transformers' numbers, and of its parts.

import { Generator, type Tensor, normal, reshape, scope, slice, tensor, transpose } from '@nabla/core';
import { describeWithData, devices, tolerance, useDevice } from '@nabla/testing';

import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { describeTiny } from '../pretrained/test-hf-tiny.ts';
import { type CLIPVisionSettings, clipSchema, clipTextSchema } from './config.ts';
import { CLIPModel } from './model.ts';
import { CLIPTextModel, CLIPTextModelWithProjection } from './text.ts';
import { CLIPVisionModel, CLIPVisionModelWithProjection } from './vision.ts';

describeTiny('clip', CLIPModel, (model, inputs, { method, loss }) => {
  const { input_ids: tokens, attention_mask: attentionMask } = inputs;
  if (method === 'get_text_features') {
    return { outputs: { pooler_output: model.textFeatures(tokens, { attentionMask }) } };
  }
  const images = transpose(inputs.pixel_values, [0, 2, 3, 1]); // channels last
  if (method === 'get_image_features') return { outputs: { pooler_output: model.imageFeatures(images) } };
  const found = model.forward(tokens, images, { attentionMask });
  return {
    outputs: {
      logits_per_image: found.logitsPerImage,
      logits_per_text: found.logitsPerText,
      text_embeds: found.textEmbeddings,
      image_embeds: found.imageEmbeddings,
      'text_model_output.last_hidden_state': found.text.lastHiddenState,
      'text_model_output.pooler_output': model.textFeatures(tokens, { attentionMask }), // projected there
      'vision_model_output.last_hidden_state': found.vision.lastHiddenState,
      'vision_model_output.pooler_output': model.imageFeatures(images),
    },
    loss: loss && model.loss(tokens, images, { attentionMask }),
  };
});

const tower = { hidden_size: 6, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
const text_config = { ...tower, vocab_size: 9, max_position_embeddings: 5, eos_token_id: 7 };
const vision_config = {
  ...tower,
  image_size: [4, 9],
  patch_size: [2, 3],
  num_channels: 2,
} satisfies CLIPVisionSettings;
const TOKENS = [
  [0, 7, 8, 7],
  [1, 2, 8, 3],
];

describe.each(devices())('CLIP on %s', (device) => {
  useDevice(device);

  it.each([
    { title: 'its first end token, else from its first', eos_token_id: 7, places: [1, 0] },
    { title: 'its largest id where the end token is said to be 2', eos_token_id: 2, places: [2, 2] },
  ])('reads a text from $title', ({ eos_token_id, places }) => {
    const model = new CLIPTextModel({ ...text_config, eos_token_id }, new Generator(1)).eval();
    scope(() => {
      const { lastHiddenState, pooled } = model.forward(tensor(TOKENS, undefined, 'int32'));
      for (const [row, place] of places.entries()) {
        const state = reshape(slice(lastHiddenState, [row, place, 0], [1, 1, 6]), [1, 6]);
        expect(slice(pooled, [row, 0], [1, 6])).toBeCloseToTensor(state, tolerance('exact'));
      }
    });
    model.dispose();
  });

  it('sees images and patches that are no squares, of other sizes too', () => {
    const model = new CLIPVisionModel({ ...vision_config, initializer_factor: 20 }, new Generator(2)).eval();
    scope(() => {
      const image = normal([1, 4, 9, 2], new Generator(3));
      expect(model.forward(image).lastHiddenState.shape).toEqual([1, 7, 6]);
      const larger = normal([1, 6, 9, 2], new Generator(3));
      expect(model.forward(larger, { interpolatePositions: true }).lastHiddenState.shape).toEqual([1, 10, 6]);
      expect(() => model.forward(larger)).toThrowCode('SHAPE', /interpolatePositions/);
    });
    model.dispose();
  });

  it('finds the likelihood of labels for each image', () => {
    const model = new CLIPModel({ text_config, vision_config, projection_dim: 5 }, new Generator(4)).eval();
    scope(() => {
      const labels = tensor([...TOKENS, [3, 3, 3, 7]], undefined, 'int32');
      const images = normal([2, 4, 9, 2], new Generator(5));
      const { logitsPerImage, textEmbeddings, imageEmbeddings } = model.forward(labels, images);
      const [logits, chances] = [logitsPerImage.dataSync(), model.zeroShot(labels, images).dataSync()];
      const [texts, pictures] = [textEmbeddings.dataSync(), imageEmbeddings.dataSync()];
      for (let image = 0; image < 2; image++) {
        const row = Array.from(logits.slice(image * 3, image * 3 + 3));
        const total = row.reduce((sum, logit) => sum + Math.exp(logit), 0);
        for (const [label, logit] of row.entries()) {
          const cosine = [0, 1, 2, 3, 4].reduce(
            (sum, i) => sum + (texts[label * 5 + i] ?? NaN) * (pictures[image * 5 + i] ?? NaN),
            0,
          );
          expect(logit).toBeCloseTo(Math.exp(2.6592) * cosine, 4);
          expect(chances[image * 3 + label]).toBeCloseTo(Math.exp(logit) / total, 5);
        }
      }
    });
    model.dispose();
  });

  it('refuses texts that are longer than there are positions', () => {
    const model = new CLIPTextModel(text_config, new Generator(6)).eval();
    scope(() => {
      const tokens = tensor([[1, 2, 3, 4, 5, 7]], undefined, 'int32');
      expect(() => model.forward(tokens)).toThrowCode('SHAPE', /\[batch, 1 to 5\], received \[1, 6\]/);
      expect(() => model.forward(tensor([1, 7], undefined, 'int32'))).toThrowCode('RANK');
    });
    model.dispose();
  });
});

describeWithData('a tower of hf-tiny/clip by itself', 'hf-tiny/clip', (folder) => {
  useDevice('js');

  it('gives what it gives in the model of both', async () => {
    const both = await fromPretrained(folder, CLIPModel);
    const text = await fromPretrained(folder, CLIPTextModel);
    const projected = await fromPretrained(folder, CLIPTextModelWithProjection);
    const vision = await fromPretrained(folder, CLIPVisionModel);
    const seen = await fromPretrained(folder, CLIPVisionModelWithProjection);
    scope(() => {
      const tokens = tensor([[149, 28, 41, 150]], undefined, 'int32');
      const images = normal([1, 32, 32, 3], new Generator(7));
      const expectSame = (found: Tensor, wanted: Tensor): void =>
        expect(found).toBeCloseToTensor(wanted, tolerance('exact'));
      expectSame(text.forward(tokens).pooled, both.text_model.forward(tokens).pooled);
      expectSame(projected.forward(tokens), both.textFeatures(tokens));
      expectSame(vision.forward(images).pooled, both.vision_model.forward(images).pooled);
      expectSame(seen.forward(images), both.imageFeatures(images));
    });
    for (const model of [both, text, projected, vision, seen]) model.dispose();
  });
});

describe('the configuration of CLIP', () => {
  it.each([[{}], [{ text_config: null, vision_config: null }]])(
    "has transformers' defaults where %j says nothing",
    (fields) => {
      expect(clipSchema.parse(fields)).toMatchObject({
        projection_dim: 512,
        text_config: { hidden_size: 512, num_attention_heads: 8, max_position_embeddings: 77, eos_token_id: 49407 },
        vision_config: { hidden_size: 768, num_attention_heads: 12, patch_size: 32, hidden_act: 'quick_gelu' },
      });
    },
  );

  it('of one tower is that of both, or its part', () => {
    const both = { projection_dim: 7, text_config: { hidden_size: 16 } };
    expect(clipTextSchema.parse(both)).toMatchObject({ hidden_size: 16, projection_dim: 7 });
    expect(clipTextSchema.parse({ hidden_size: 24 })).toMatchObject({ hidden_size: 24, projection_dim: 512 });
  });

  it('names the field of the tower that is wrong', () => {
    const result = clipSchema.safeParse({ vision_config: { hidden_size: 10, num_attention_heads: 3 } });
    expect(result.error?.issues[0]).toMatchObject({
      path: ['vision_config', 'num_attention_heads'],
      message: 'to divide hidden_size',
    });
  });
});
