// SPDX-License-Identifier: Apache-2.0
// The binary version of CIFAR-10: for each image a label, then the red, the green and the blue pixels.

import { ArgumentError } from '@nabla/core';
import type { SourceBytes } from '../entry.ts';
import type { ImageArrays } from '../image-dataset.ts';
import { memberOf, openArchive } from './archive.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;

/**
 * @param files    one archive
 * @param members  the names of the archive's files to read, in order
 * @param classes  how many classes there are
 * @throws {ArgumentError} the archive is damaged (codes `GZIP`, `TAR`) or lacks a file (code `ARCHIVE`), or a file is no list of
 *   records or has a label that is too great (code `CIFAR`)
 * @see https://www.cs.toronto.edu/~kriz/cifar.html
 */
export function cifarImages(files: readonly SourceBytes[], members: readonly string[], classes: number): ImageArrays {
  const archive = openArchive(files);
  const batches = members.map((member) => {
    const { source: place, bytes } = memberOf(archive, member);
    if (bytes.length % RECORD === 0) return { place, bytes };
    throw cifarError(place, `to have a multiple of ${RECORD} bytes`, `${bytes.length}`);
  });
  const count = batches.reduce((total, { bytes }) => total + bytes.length / RECORD, 0);
  const pixels = new Uint8Array(count * 3 * PLANE); // [images, height, width, channels]
  const labels = new Int32Array(count);
  let image = 0;
  for (const { place, bytes } of batches) {
    for (let start = 0; start < bytes.length; start += RECORD, image++) {
      const label = bytes[start] ?? 0;
      if (label >= classes) {
        throw cifarError(`${place}, the label at byte ${start}`, `to be from 0 to ${classes - 1}`, `${label}`);
      }
      labels[image] = label;
      for (let channel = 0; channel < 3; channel++) {
        const plane = bytes.subarray(start + 1 + channel * PLANE, start + 1 + (channel + 1) * PLANE);
        for (let i = 0; i < PLANE; i++) pixels[(image * PLANE + i) * 3 + channel] = plane[i] ?? 0;
      }
    }
  }
  return { pixels, shape: [SIDE, SIDE, 3], labels };
}

function cifarError(argument: string, expected: string, received: string): ArgumentError {
  return new ArgumentError({ op: 'loadImages', argument, expected, received }, 'CIFAR');
}
