// SPDX-License-Identifier: Apache-2.0
// The recipe `cnn`: a convolutional network that classifies images.

import { imageClassifier } from '../images/image-classifier.ts';
import { cnnDefaults, cnnSchema } from './config.ts';
import { Cnn } from './model.ts';

export const cnnRecipe = imageClassifier({
  name: 'cnn',
  title: 'a convolutional network that classifies images',
  schema: cnnSchema,
  defaults: cnnDefaults,
  makeNetwork: ({ channels, hidden, dropout }, kind, generator) =>
    new Cnn(
      { ...kind, channels: [kind.channels, ...channels], classes: kind.classes.length, hidden, dropout },
      generator,
    ),
});
