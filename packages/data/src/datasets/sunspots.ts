// SPDX-License-Identifier: Apache-2.0
// Sunspots: the yearly numbers of spots on the sun, 1700 to 2008. Shipped with this package.

import type { SeriesEntry } from '../entry.ts';

export const sunspots: SeriesEntry = {
  name: 'sunspots',
  title: 'Sunspots: 309 years, 1 column',
  kind: 'series',
  license: 'public domain',
  homepage: 'https://www.statsmodels.org/stable/datasets/generated/sunspots.html',
  files: [
    {
      name: 'sunspots.csv',
      bytes: 2944,
      sha256: 'f67889b1d9002cd5227f0e0ef54e35b419cdd85a31279adef6f73fb41e5c0a9b',
      addresses: [],
    },
  ],
  folders: ['timeseries/statsmodels'],
  csv: {},
};
