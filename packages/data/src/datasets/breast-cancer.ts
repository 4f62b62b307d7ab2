// SPDX-License-Identifier: Apache-2.0
// Breast Cancer Wisconsin (Diagnostic): 569 tumours, 30 measurements each, malignant or benign. Shipped with this package.

import type { TableEntry } from '../entry.ts';

export const breastCancer: TableEntry = {
  name: 'breast-cancer',
  title: 'Breast Cancer Wisconsin (Diagnostic): 569 rows, 30 features, 2 classes',
  kind: 'table',
  license: 'CC-BY-4.0',
  homepage: 'https://doi.org/10.24432/C5DW2B',
  files: [
    {
      name: 'breast_cancer.csv',
      bytes: 119913,
      sha256: 'fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed',
      addresses: [],
    },
  ],
  folders: ['sklearn-toy'],
  csv: { header: 'counts' },
};
