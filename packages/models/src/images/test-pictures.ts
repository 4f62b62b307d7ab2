// SPDX-License-Identifier: Apache-2.0
// Pictures whose bright half says the class, for tests of recipes for images.

import { Generator } from '@nabla/core';
import type { ImageArrays, ResolvedDataset } from '@nabla/data';

/** Pixels on each side. */
export const SIZE = 8;

/** Bytes of one picture: one half is bright, `left` for class 0; the rest is noise. */
export function picture(label: number, generator: Generator): number[] {
  return Array.from({ length: SIZE * SIZE }, (_, i) => {
    const isLeft = i % SIZE < SIZE / 2;
    return (isLeft === (label === 0) ? 155 : 0) + generator.integer(100);
  });
}

function pictures(count: number, seed: number): ImageArrays {
  const generator = new Generator(seed);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const pixels = Uint8Array.from([...labels].flatMap((label) => picture(label, generator)));
  return { pixels, shape: [SIZE, SIZE, 1], labels };
}

/** A data set of such pictures, as the registry would have found it. */
export const halves: ResolvedDataset = {
  name: 'halves',
  entry: {
    name: 'halves',
    title: 'bright halves',
    kind: 'images',
    license: 'none',
    homepage: '',
    files: [],
    classes: ['left', 'right'],
    parts: { train: ['train'], test: ['test'] },
    read: ([file]) => (file.source === 'train' ? pictures(48, 1) : pictures(20, 2)),
  },
  files: [file('train'), file('test')],
};

function file(name: string): ResolvedDataset['files'][0] {
  return { name, path: name, origin: 'data', read: () => Promise.resolve(new Uint8Array()) };
}
