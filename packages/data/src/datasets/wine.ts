// SPDX-License-Identifier: Apache-2.0
// Wine: 178 wines, 13 measurements each, 3 growers. Shipped with this package.

import type { TableEntry } from '../entry.ts';

export const wine: TableEntry = {
  name: 'wine',
  title: 'Wine: 178 rows, 13 features, 3 classes',
  kind: 'table',
  license: 'CC-BY-4.0',
  homepage: 'https://doi.org/10.24432/C5PC7J',
  files: [
    {
      name: 'wine_data.csv',
      bytes: 11157,
      sha256: '10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede',
      addresses: [],
    },
  ],
  folders: ['sklearn-toy'],
  csv: { header: 'counts' },
};
