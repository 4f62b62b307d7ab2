// SPDX-License-Identifier: Apache-2.0
// CIFAR-10: 60,000 photographs in colour, 32 by 32 pixels, out of the publisher's archive of the binary version.

import type { ImagesEntry } from '../entry.ts';
import { cifarImages } from '../readers/cifar.ts';

const classes = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const archive = 'cifar-10-binary.tar.gz';

export const cifar10: ImagesEntry = {
  name: 'cifar-10',
  title: 'CIFAR-10: 60,000 photographs, 32 by 32 pixels in colour, 10 classes',
  kind: 'images',
  license: 'no licence stated',
  homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
  files: [
    {
      name: archive,
      bytes: 170052171,
      sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      addresses: ['https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'],
    },
  ],
  classes,
  parts: { train: [archive], test: [archive] },
  read: (files, part) => {
    const batches = part === 'train' ? [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`) : ['test_batch.bin'];
    const members = batches.map((name) => `cifar-10-batches-bin/${name}`);
    return cifarImages(files, members, classes.length);
  },
};
