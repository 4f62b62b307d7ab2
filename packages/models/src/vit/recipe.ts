// SPDX-License-Identifier: Apache-2.0
// The recipe `vit`: a vision transformer from scratch that classifies images.

import { ArgumentError, type Generator } from '@nabla/core';
import { randomCrop } from '@nabla/data';
import { z } from 'zod';

import { type ImageKind, imageClassifier } from '../images/image-classifier.ts';
import { trainingDefaults, trainingFields } from '../training/settings.ts';
import { ViTForImageClassification } from './model.ts';

export const vitRecipeSchema = z
  .strictObject({
    ...trainingFields,
    patch: z.int().min(1).describe('pixels on each side of a patch; divides height and width of the images'),
    layers: z.int().min(1).describe('blocks of attention and feed-forward network'),
    heads: z.int().min(1).describe('attention heads of a block; divides width'),
    width: z.int().min(1).describe('features of a patch'),
    dropout: z.number().min(0).lt(1).describe('probability of dropping a feature while training'),
    shift: z.int().min(0).describe('pixels that an image is moved by at random while training, at most; 0: none'),
  })
  .refine(({ width, heads }) => width % heads === 0, { path: ['heads'], error: 'to divide width' });

export type ViTRecipeConfig = z.infer<typeof vitRecipeSchema>;

/** Right of the 10,000 test images of MNIST: 0.992, of seed 0. */
export const vitRecipeDefaults = {
  ...trainingDefaults,
  data: 'mnist',
  patch: 7,
  layers: 4,
  heads: 4,
  width: 64,
  dropout: 0,
  shift: 2,
  batchSize: 64,
  epochs: 15,
  learningRate: 2e-3,
  warmupSteps: 300,
  evaluateEvery: 1000,
  checkpointEvery: 1000,
} satisfies ViTRecipeConfig;

export const vitRecipe = imageClassifier({
  name: 'vit',
  title: 'a vision transformer that classifies images',
  schema: vitRecipeSchema,
  defaults: vitRecipeDefaults,
  makeNetwork,
  augment: ({ shift }, { height, width }) => (shift === 0 ? undefined : randomCrop(height, width, { padding: shift })),
});

function makeNetwork(
  { patch, layers, heads, width, dropout }: ViTRecipeConfig,
  { height, width: imageWidth, channels, classes }: ImageKind,
  generator: Generator,
): ViTForImageClassification {
  if (height % patch !== 0 || imageWidth % patch !== 0) {
    const expected = `to divide the height ${height} and the width ${imageWidth} of the images`;
    throw new ArgumentError({ op: 'vit', argument: 'patch', expected, received: String(patch) }, 'CONFIG');
  }
  return new ViTForImageClassification(
    {
      image_size: [height, imageWidth],
      patch_size: patch,
      num_channels: channels,
      hidden_size: width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      intermediate_size: 4 * width,
      hidden_dropout_prob: dropout,
      initializer_range: 1 / Math.sqrt(width), // 0.02 is for the width of published models
      id2label: Object.fromEntries(classes.entries()),
    },
    generator,
  );
}
