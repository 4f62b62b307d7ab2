// SPDX-License-Identifier: Apache-2.0
// El Niño: the temperature of the Pacific off South America in each month from 1950 to 2010. A row of the file is a year. Shipped with this package.

import type { SeriesEntry } from '../entry.ts';

export const elNino: SeriesEntry = {
  name: 'el-nino',
  title: 'El Niño: temperature of the sea in 732 months, 1 column',
  kind: 'series',
  license: 'public domain',
  homepage: 'https://www.statsmodels.org/stable/datasets/generated/elnino.html',
  files: [
    {
      name: 'elnino.csv',
      bytes: 5508,
      sha256: 'b647be00e0fd264be9764e317e6b963f35030014ecca2b21b204521716e463ad',
      addresses: [],
    },
  ],
  folders: ['timeseries/statsmodels'],
  csv: { unroll: 'temperature' },
};
