// SPDX-License-Identifier: Apache-2.0
// English sentences with their French translations, out of the Tatoeba project, the shortest first.

import type { TextPairsEntry } from '../entry.ts';
import { decodeText } from '../files.ts';
import { memberOf, openArchive } from '../readers/archive.ts';
import { parseTextPairs } from '../readers/text-pairs.ts';

export const tatoebaFraEng: TextPairsEntry = {
  name: 'tatoeba-fra-eng',
  title: '142,787 English sentences with French translations',
  kind: 'text-pairs',
  license: 'CC-BY-2.0',
  homepage: 'https://www.manythings.org/anki',
  files: [
    {
      // The edition of 2017-09-29; the publisher's address gives the newest one.
      name: 'fra-eng.zip',
      bytes: 2951390,
      sha256: '16c4f7d0df9e7c5e6c54cdb0447f3f4a18a55052ff5e2e0b27dd4a06c0e49d04',
      addresses: ['https://raw.githubusercontent.com/genimind/seq2seq/master/fra-eng.zip'],
    },
  ],
  read: (files) => {
    const { source, bytes } = memberOf(openArchive(files), 'fra.txt');
    return parseTextPairs(decodeText(bytes, source), source);
  },
};
