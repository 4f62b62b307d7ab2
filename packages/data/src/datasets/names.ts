// SPDX-License-Identifier: Apache-2.0
// First names, one a line: the text of small models that make up names.

import type { TextEntry } from '../entry.ts';

export const names: TextEntry = {
  name: 'names',
  title: '32,033 first names in lower case, 27 characters',
  kind: 'text',
  license: 'MIT',
  homepage: 'https://github.com/karpathy/makemore',
  files: [
    {
      name: 'names.txt',
      bytes: 228145,
      sha256: '0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d',
      addresses: ['https://raw.githubusercontent.com/karpathy/makemore/master/names.txt'],
    },
  ],
};
