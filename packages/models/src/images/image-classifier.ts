// SPDX-License-Identifier: Apache-2.0
// What every recipe that classifies images shares: its data, its evaluation, and its answer to a picture.

import { join } from 'node:path';

import { Generator, type Tensor, argMax, cast, equal, noGrad, scope, softmax, sum, tensor4d } from '@nabla/core';
import {
  DataLoader,
  type Dataset,
  type Image,
  type ImageBatch,
  type ImageExample,
  type ImageTransform,
  RandomSampler,
  type ReadImageOptions,
  collateImages,
  collateTransformed,
  loadImages,
  readImage,
} from '@nabla/data';
import { type Module, crossEntropy } from '@nabla/layers';
import { z } from 'zod';

import { rankClasses } from '../classification/rank-classes.ts';
import { meanMetrics } from '../training/evaluation.ts';
import type { Metrics } from '../training/events.ts';
import type { Prediction, Recipe, RestoredModel, Task } from '../training/recipe.ts';
import { checkRunFile } from '../training/run-folder.ts';
import type { TrainingSettings } from '../training/settings.ts';

const IMAGES_FILE = 'images.json';

/** Images that an evaluation looks at while training. 1,000: as long as about five steps of training. */
const QUICK_IMAGES = 1000;
const EVALUATION_BATCH = 250;

/** What the images of a data set are like, and what they can show. */
export interface ImageKind {
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for red, green, blue. */
  readonly channels: number;
  /** Names of the classes: class id 0 is the first. */
  readonly classes: readonly string[];
}

const kindSchema = z.object({
  height: z.int().min(1),
  width: z.int().min(1),
  channels: z.int().min(1),
  classes: z.array(z.string()).min(1),
});

/** A network from images `[batch, height, width, channels]`, 0 to 1, to logits `[batch, classes]`. */
export type ImageNetwork = Module & { forward(images: Tensor): Tensor };

/** What a recipe for images adds to what all of them share. */
export interface ImageRecipe<Schema extends z.ZodObject, Network extends ImageNetwork> {
  readonly name: string;
  readonly title: string;
  readonly schema: Schema;
  readonly defaults: Recipe['defaults'];
  makeNetwork(config: z.infer<Schema>, kind: ImageKind, generator: Generator): Network;
  /** How images are changed at random while training; default: they are not. */
  augment?(config: z.infer<Schema>, kind: ImageKind): ImageTransform | undefined;
  /** More to say about the answer to one image; `image` is as the network saw it. */
  explain?(
    network: Network,
    image: Image,
    where: { readonly input: string; readonly folder: string },
  ): Promise<Prediction>;
}

/** A recipe that trains a network to tell the classes of a data set of images apart. */
export function imageClassifier<Schema extends z.ZodObject, Network extends ImageNetwork>(
  recipe: ImageRecipe<Schema, Network>,
): Recipe<Schema, ImageBatch> {
  const { name, title, schema, defaults } = recipe;
  return {
    name,
    title,
    schema,
    defaults,
    fileNames: () => [IMAGES_FILE],

    async prepare(config, generator, resolveData): Promise<Task<ImageBatch>> {
      const { data, batchSize } = config as TrainingSettings;
      const found = await resolveData(data);
      const train = await loadImages(found, 'train');
      const test = await loadImages(found, 'test');
      const [height, width, channels] = train.shape;
      const kind: ImageKind = { height, width, channels, classes: train.classes };
      const network = recipe.makeNetwork(config, kind, generator);
      const sampler = new RandomSampler(train.length, { generator: new Generator(generator.integer(2 ** 48)) });
      const change = recipe.augment?.(config, kind);
      const making =
        change === undefined
          ? { collate: collateImages }
          : { collate: collateTransformed(change), generator: new Generator(generator.integer(2 ** 48)) };
      const loader = new DataLoader(train, { batchSize, sampler, ...making });
      return {
        model: network,
        loader,
        batchesPerEpoch: loader.batchesPerEpoch,
        loss: ({ images, labels }) => crossEntropy(network.forward(images), labels),
        evaluate: (quick) => evaluateImages(network, test, quick ? QUICK_IMAGES : test.length),
        files: { [IMAGES_FILE]: kind },
      };
    },

    restore(config, files, folder): RestoredModel {
      const kind = checkRunFile(kindSchema, join(folder, IMAGES_FILE), files[IMAGES_FILE]);
      const { seed, data: trainedOn } = config as TrainingSettings;
      const network = recipe.makeNetwork(config, kind, new Generator(seed));
      return {
        model: network,
        async evaluate(resolveData, data) {
          const test = await loadImages(await resolveData(data ?? trainedOn), 'test');
          return evaluateImages(network, test, test.length);
        },
        async predict(inputs) {
          const answers: Prediction[] = [];
          for (const input of inputs) {
            const image = await readImage(input, readingOf(kind));
            const explanation = await recipe.explain?.(network, image, { input, folder });
            answers.push({ input, ...answer(network, image, kind), ...explanation });
          }
          return answers;
        },
      };
    },
  };
}

/** Mean loss in nats and share of images classified right, over at most `count` images spread over the data set. */
function evaluateImages(network: ImageNetwork, images: Dataset<ImageExample>, count: number): Metrics {
  const options = { batchSize: EVALUATION_BATCH, collate: collateImages, count };
  return meanMetrics(images, options, (batch) => {
    const logits = network.forward(batch.images); // [batch, classes]
    const right = cast(equal(cast(argMax(logits, -1), 'int32'), batch.labels), 'float32');
    return { loss: crossEntropy(logits, batch.labels, { reduction: 'sum' }), accuracy: sum(right) };
  });
}

/** How a picture is read that is to be like the images of the data set. */
function readingOf({ height, width, channels }: ImageKind): ReadImageOptions {
  return { channels: channels === 1 ? 1 : 3, size: [height, width] };
}

/** An image as a batch of one: `[1, height, width, channels]`. */
export function batchOf({ pixels, height, width, channels }: Image): Tensor {
  return tensor4d(pixels, [1, height, width, channels]);
}

/** The likeliest class, and the chances of all, the likeliest first. */
function answer(network: ImageNetwork, image: Image, { classes }: ImageKind): Prediction {
  const chances = scope(() => noGrad(() => softmax(network.forward(batchOf(image))).dataSync<'float32'>()));
  return { ...rankClasses(classes, chances) };
}
