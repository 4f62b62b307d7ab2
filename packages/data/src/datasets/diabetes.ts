// SPDX-License-Identifier: Apache-2.0
// Diabetes: 442 patients, 10 measurements each, and how far the disease had come a year later.

import { ArgumentError } from '@nabla/core';
import { checkWidths, parseNumber, parseRows } from '../csv.ts';
import type { DatasetFile, RegressionEntry, SourceBytes } from '../entry.ts';
import { decodeText } from '../files.ts';
import { gunzip } from '../readers/gzip.ts';
import { RegressionDataset } from '../regression-dataset.ts';

/** Age, sex, body mass index, mean blood pressure, and six measurements of the blood. */
const columns = ['age', 'sex', 'bmi', 'bp', 's1', 's2', 's3', 's4', 's5', 's6'];

const file = (name: string, bytes: number, sha256: string): DatasetFile => ({
  name,
  bytes,
  sha256,
  addresses: [`https://raw.githubusercontent.com/scikit-learn/scikit-learn/1.2.1/sklearn/datasets/data/${name}`],
});

export const diabetes: RegressionEntry = {
  name: 'diabetes',
  title: 'Diabetes: 442 rows, 10 features, a number to predict',
  kind: 'regression',
  license: 'no licence stated',
  homepage: 'https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html',
  files: [
    file('diabetes_data_raw.csv.gz', 7087, 'fc08fc59c1cbfe65550d9ebb36321d505de9e8f004bf92c1566d2908962f08ff'),
    file('diabetes_target.csv.gz', 1044, 'bf1ddd1f9d377278450a5f02c24b5e77b1501f2ad673fe9fdf4c4090d27eb5cc'),
  ],
  folders: ['sklearn-toy'],
  read: ([data, target]) => {
    const features = readNumbers(data, columns);
    return new RegressionDataset({ features, targets: readNumbers(target, ['target']), columns });
  },
};

/** `[rows, columns]` */
function readNumbers(packed: SourceBytes | undefined, names: readonly string[]): Float32Array {
  if (packed === undefined) {
    const mismatch = { op: 'loadRegression', argument: 'the files', expected: 'to be two, data and target' };
    throw new ArgumentError({ ...mismatch, received: 'less' }, 'DATASET');
  }
  const { source } = packed;
  const rows = parseRows(decodeText(gunzip('loadRegression', packed.bytes, source), source), source, ' ');
  checkWidths(rows, names.length, source, ' ');
  const values = rows.flatMap(({ line, cells }) =>
    cells.map((cell, i) => parseNumber(cell, { source, line, column: names[i] ?? '' })),
  );
  return Float32Array.from(values);
}
