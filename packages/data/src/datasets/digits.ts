// SPDX-License-Identifier: Apache-2.0
// Optical Recognition of Handwritten Digits: 1,797 digits of 8 by 8 pixels as a table. Shipped with this package.

import type { TableEntry } from '../entry.ts';

export const digits: TableEntry = {
  name: 'digits',
  title: 'Handwritten digits of 8 by 8 pixels: 1,797 rows, 64 features, 10 classes',
  kind: 'table',
  license: 'CC-BY-4.0',
  homepage: 'https://doi.org/10.24432/C50P49',
  files: [
    {
      name: 'digits.csv.gz',
      bytes: 57512,
      sha256: '46abec6b12486ad9e51943373abcf22bbea1b5a51a1619b361570d8893f1464a',
      addresses: [],
    },
  ],
  folders: ['sklearn-toy'],
  csv: { header: 'none', classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] },
};
