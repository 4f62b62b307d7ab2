// SPDX-License-Identifier: Apache-2.0
// Carbon dioxide in the air at Mauna Loa, Hawaii: a mean of each week from 1958 to 2001. Shipped with this package.

import type { SeriesEntry } from '../entry.ts';

export const maunaLoaCo2: SeriesEntry = {
  name: 'mauna-loa-co2',
  title: 'Carbon dioxide at Mauna Loa: 2,284 weeks, 1 column',
  kind: 'series',
  license: 'public domain',
  homepage: 'https://www.statsmodels.org/stable/datasets/generated/co2.html',
  files: [
    {
      name: 'co2.csv',
      bytes: 33974,
      sha256: '16695fa2786e53414e5a6b54767a3fdf5de99cfbc68617f69d1362d92776a92f',
      addresses: [],
    },
  ],
  folders: ['timeseries/statsmodels'],
  csv: { gaps: 'previous' },
};
