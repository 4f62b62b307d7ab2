// SPDX-License-Identifier: Apache-2.0
// The recipe `attention`: a network that classifies images with attention over a feature map, and shows where it looked.

import { basename, extname, join } from 'node:path';

import { mean, noGrad, scope } from '@nabla/core';
import { writeImage } from '@nabla/data';

import { batchOf, imageClassifier } from '../images/image-classifier.ts';
import { attentionPicture } from './attention-map.ts';
import { attentionDefaults, attentionSchema } from './config.ts';
import { ImageAttention } from './model.ts';

export const attentionRecipe = imageClassifier({
  name: 'attention',
  title: 'self-attention over a feature map: classifies images and shows where it looked',
  schema: attentionSchema,
  defaults: attentionDefaults,

  makeNetwork: ({ width, dropout }, { height, width: imageWidth, channels, classes }, generator) =>
    new ImageAttention(
      { height, width: imageWidth, channels, features: width, classes: classes.length, dropout },
      generator,
    ),

  /** Writes the attention that every position received, mean over those that look, over the image as a PNG into the run's folder. */
  async explain(network, image, { input, folder }) {
    const [mapHeight] = network.positions.shape;
    const received = scope(() => noGrad(() => mean(network.attentionWeights(batchOf(image)), [0, 1]).dataSync()));
    const path = join(folder, `attention-${basename(input, extname(input))}.png`);
    await writeImage(path, attentionPicture(image, received, mapHeight ?? 1));
    return { attention: path };
  },
});
