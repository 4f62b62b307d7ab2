// SPDX-License-Identifier: Apache-2.0
// Iris: 150 flowers, 4 measurements each, 3 species. Shipped with this package.

import type { TableEntry } from '../entry.ts';

export const iris: TableEntry = {
  name: 'iris',
  title: 'Iris: 150 rows, 4 features, 3 classes',
  kind: 'table',
  license: 'CC-BY-4.0',
  homepage: 'https://doi.org/10.24432/C56C76',
  files: [
    {
      name: 'iris.csv',
      bytes: 2734,
      sha256: 'f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449',
      addresses: [],
    },
  ],
  folders: ['sklearn-toy'],
  csv: { header: 'counts' },
};
