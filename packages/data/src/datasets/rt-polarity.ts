// SPDX-License-Identifier: Apache-2.0
// Sentence polarity: sentences of film reviews, half of them favourable. The usual data set of small text classifiers.

import type { LabelledTextsEntry } from '../entry.ts';
import { decodeText } from '../files.ts';
import { memberOf, openArchive } from '../readers/archive.ts';

const classes = ['negative', 'positive'];
const members = ['sentence_polarity/rt-polarity.neg', 'sentence_polarity/rt-polarity.pos'];

export const rtPolarity: LabelledTextsEntry = {
  name: 'rt-polarity',
  title: 'Sentences of film reviews: 5,331 negative, 5,331 positive',
  kind: 'labelled-texts',
  license: 'CC-BY-4.0',
  homepage: 'https://www.cs.cornell.edu/people/pabo/movie-review-data',
  files: [
    {
      name: 'sentence_polarity.zip',
      bytes: 490256,
      sha256: '6e1ed4405b65c7eabf1d199a7f7c437091ac21da0ea7467b410a74062574566b',
      addresses: ['https://raw.githubusercontent.com/nltk/nltk_data/gh-pages/packages/corpora/sentence_polarity.zip'],
    },
  ],
  classes,
  read: (files) => {
    const archive = openArchive(files);
    return members.flatMap((name, label) => {
      const { source, bytes } = memberOf(archive, name);
      const lines = decodeText(bytes, source).split('\n');
      return lines.map((line) => ({ text: line.trim(), label })).filter(({ text }) => text !== '');
    });
  },
};
