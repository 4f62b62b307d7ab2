// SPDX-License-Identifier: Apache-2.0
// Mix-up: batches in which each image is a blend of two, and so is its target.

import {
  type Generator,
  type Tensor2D,
  type Tensor4D,
  checkInteger,
  checkNumber,
  checkOptions,
  tensor2d,
} from '@nabla/core';
import { collateImages } from '../collate.ts';
import type { ImageExample } from '../image.ts';
import { symmetricBeta } from '../random.ts';

/** A batch of blended images. */
export interface MixedBatch {
  /** `[batch, height, width, channels]`, float32 */
  readonly images: Tensor4D;
  /** `[batch, classes]`, float32: the share of each class, together 1 */
  readonly targets: Tensor2D;
}

/** How to blend. */
export interface MixUpOptions {
  /** How many classes there are. */
  readonly classes: number;
  /** Of the beta distribution that the share is drawn from, above 0: small is little blending, 1 any share alike. Default: 0.2. */
  readonly alpha?: number;
}

/**
 * A `collate` for loaders that blends the images of a batch with the same images in another order, and their one-hot labels
 * likewise: `share * x + (1 - share) * x[order]`, `share` drawn from Beta(alpha, alpha) once for the batch. Give the loader a
 * generator; the targets are for a cross-entropy that takes probabilities.
 *
 * @throws {ArgumentError} `classes` is no integer >= 1, or `alpha` not above 0; (from `collate`) a label is no class
 * @throws {ShapeError} (from `collate`) the images differ in shape
 * @see Zhang, Cisse, Dauphin & Lopez-Paz 2018, https://arxiv.org/abs/1710.09412
 * @example
 * const image = { height: 1, width: 1, channels: 1, pixels: Float32Array.of(0.5) };
 * collateMixUp({ classes: 2 })([{ image, label: 1 }], new Generator(0)).targets; // [[0, 1]]
 */
export function collateMixUp(
  options: MixUpOptions,
): (examples: readonly ImageExample[], generator: Generator) => MixedBatch {
  const op = 'collateMixUp';
  checkOptions(op, options, ['classes', 'alpha']);
  const { classes, alpha = 0.2 } = options;
  checkInteger(op, 'classes', classes, { minimum: 1 });
  checkNumber(op, 'alpha', alpha, { above: 0 });
  return (examples, generator) => {
    for (const { label } of examples) checkInteger(op, 'label', label, { minimum: 0, maximum: classes - 1 });
    const share = symmetricBeta(generator, alpha);
    const partners = [...generator.permutation(examples.length)].map((index) => examples[index]);
    const targets = new Float32Array(examples.length * classes);
    const add = (row: number, label: number, amount: number): void => {
      targets[row * classes + label] = (targets[row * classes + label] ?? 0) + amount;
    };
    const mixed = examples.map((example, row) => {
      const partner = partners[row] ?? example;
      add(row, example.label, share);
      add(row, partner.label, 1 - share);
      const other = partner.image.pixels;
      const pixels = example.image.pixels.map((value, i) => share * value + (1 - share) * (other[i] ?? 0));
      return { label: example.label, image: { ...example.image, pixels } };
    });
    const { images, labels } = collateImages(mixed);
    labels.dispose();
    return { images, targets: tensor2d(targets, [examples.length, classes], 'float32') };
  };
}
