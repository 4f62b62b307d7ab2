// SPDX-License-Identifier: Apache-2.0
// Grey images and their labels out of the two IDX files of MNIST and the data sets that were made in its likeness.

import { ArgumentError, formatShape } from '@nabla/core';
import type { SourceBytes } from '../entry.ts';
import type { ImageArrays } from '../image-dataset.ts';
import { type IdxArray, parseIdx } from './idx.ts';

/**
 * @param files    images `[images, height, width]`, then labels `[images]`, both of bytes
 * @param classes  how many classes there are
 * @throws {ArgumentError} a file is no IDX file of that form, the two are of different lengths, or a label is too great
 *   (code `IDX`)
 */
export function idxImages(files: readonly SourceBytes[], classes: number): ImageArrays {
  const [images, labels] = files;
  if (images === undefined || labels === undefined) {
    throw idxError('the files', 'to be two, images and labels', `${files.length}`);
  }
  const pixels = parseBytes(images, 3);
  const ids = parseBytes(labels, 1);
  const [count = 0, height = 0, width = 0] = pixels.shape;
  if (ids.shape[0] !== count) {
    throw idxError(labels.source, `to have ${count} labels, one for each image of ${images.source}`, `${ids.shape[0]}`);
  }
  const stray = ids.values.findIndex((label) => label >= classes);
  if (stray !== -1) {
    throw idxError(`${labels.source}, label ${stray}`, `to be from 0 to ${classes - 1}`, String(ids.values[stray]));
  }
  return { pixels: pixels.values, shape: [height, width, 1], labels: Int32Array.from(ids.values) };
}

function parseBytes({ source, bytes }: SourceBytes, rank: number): IdxArray & { values: Uint8Array } {
  const { shape, values } = parseIdx(bytes, source);
  if (!(values instanceof Uint8Array) || shape.length !== rank) {
    const received = `${values.BYTES_PER_ELEMENT === 1 ? 'bytes' : 'other values'} of shape ${formatShape(shape)}`;
    throw idxError(source, `to hold bytes of ${rank} ${rank === 1 ? 'axis' : 'axes'}`, received);
  }
  return { shape, values };
}

function idxError(argument: string, expected: string, received: string): ArgumentError {
  return new ArgumentError({ op: 'loadImages', argument, expected, received }, 'IDX');
}
