// SPDX-License-Identifier: Apache-2.0
// The Nile at Aswan: its flow in each year from 1871 to 1970, the usual series of change points. Shipped with this package.

import type { SeriesEntry } from '../entry.ts';

export const nile: SeriesEntry = {
  name: 'nile',
  title: 'The Nile at Aswan: 100 years, 1 column',
  kind: 'series',
  license: 'public domain',
  homepage: 'https://www.statsmodels.org/stable/datasets/generated/nile.html',
  files: [
    {
      name: 'nile.csv',
      bytes: 942,
      sha256: '88e97bea7249e5832a85e41aec6ce4b8f7b1b14aae930c8363da7f193286b598',
      addresses: [],
    },
  ],
  folders: ['timeseries/statsmodels'],
  csv: {},
};
