// SPDX-License-Identifier: Apache-2.0
// Fashion-MNIST: 70,000 pieces of clothing, 28 by 28 pixels, in the files and the format of MNIST.

import type { DatasetFile, ImagesEntry } from '../entry.ts';
import { idxImages } from '../readers/idx-images.ts';

const classes = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

const file = (name: string, bytes: number, sha256: string): DatasetFile => ({
  name,
  bytes,
  sha256,
  addresses: [`https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/${name}`],
});

export const fashionMnist: ImagesEntry = {
  name: 'fashion-mnist',
  title: 'Fashion-MNIST: 70,000 pieces of clothing, 28 by 28 pixels, 10 classes',
  kind: 'images',
  license: 'MIT',
  homepage: 'https://github.com/zalandoresearch/fashion-mnist',
  files: [
    file('train-images-idx3-ubyte.gz', 26421856, 'b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7'),
    file('train-labels-idx1-ubyte.gz', 29491, '0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056'),
    file('t10k-images-idx3-ubyte.gz', 4422079, 'cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa'),
    file('t10k-labels-idx1-ubyte.gz', 5125, '8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05'),
  ],
  folders: ['fashion-mnist-t10k'],
  classes,
  parts: {
    train: ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'],
    test: ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'],
  },
  read: (files) => idxImages(files, classes.length),
};
