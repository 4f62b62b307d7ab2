// SPDX-License-Identifier: Apache-2.0
// WikiText-2: articles of Wikipedia, cut into words by spaces; the parts that language models are measured on.

import type { TextEntry } from '../entry.ts';

const folder = 'https://raw.githubusercontent.com/pytorch/examples/main/word_language_model/data/wikitext-2';

export const wikitext2: TextEntry = {
  name: 'wikitext-2',
  title: 'WikiText-2, validation and test: 217,646 and 245,569 words and line ends',
  kind: 'text',
  license: 'CC-BY-SA-3.0',
  homepage: 'https://arxiv.org/abs/1609.07843',
  files: [
    {
      name: 'valid.txt',
      bytes: 1121681,
      sha256: 'f0737ed31fc1329026e95cb8b98e19c2a182c39c240ab909dc31abf2f8af58e8',
      addresses: [`${folder}/valid.txt`],
    },
    {
      name: 'test.txt',
      bytes: 1256449,
      sha256: 'd790b833ef8cf03a90db7bf1271b7520b83c45ce07ba3c1a9699df81e239eca0',
      addresses: [`${folder}/test.txt`],
    },
  ],
  folders: ['wikitext2-valid-test'],
  parts: { validation: ['valid.txt'], test: ['test.txt'] },
};
