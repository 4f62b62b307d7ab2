// SPDX-License-Identifier: Apache-2.0
// Tests of standardized features.

import type { Dataset } from './dataset.ts';
import { Standardizer } from './standardizer.ts';

type Row = { features: Float32Array; label: number };
const rows = (...values: number[][]): Dataset<Row> => ({
  length: values.length,
  get: (index) => ({ features: new Float32Array(values[index]), label: index }),
});

describe('Standardizer', () => {
  it('gives mean 0 and standard deviation 1', () => {
    const data = rows([1, 100], [2, 300], [6, 200]);
    const standardizer = Standardizer.fit(data);
    expect(standardizer.mean).toEqual([3, 200]);
    expect(standardizer.standardDeviation[0]).toBeCloseTo(Math.sqrt(14 / 3), 12);
    const again = Standardizer.fit(standardizer.applyTo(data));
    for (let i = 0; i < 2; i++) {
      expect(again.mean[i]).toBeCloseTo(0, 6);
      expect(again.standardDeviation[i]).toBeCloseTo(1, 6);
    }
  });

  it('keeps what else an example has and leaves the original alone', () => {
    const data = rows([1], [3]);
    const standardized = Standardizer.fit(data).applyTo(data);
    expect(standardized.get(1)).toEqual({ features: new Float32Array([1]), label: 1 });
    expect(data.get(1).features[0]).toBe(3);
    expect(() => standardized.get(2)).toThrow('expected index');
  });

  it('does not divide a feature that never varies', () => {
    expect([...Standardizer.fit(rows([7], [7])).apply(new Float32Array([9]))]).toEqual([2]);
  });

  it('stays exact where the mean is large and the spread small', () => {
    const { standardDeviation } = Standardizer.fit(rows([1000000], [1000001], [1000002]));
    expect(standardDeviation[0]).toBeCloseTo(Math.sqrt(2 / 3), 9);
  });

  it('comes back from its data', () => {
    const standardizer = Standardizer.fit(rows([1, 2], [3, 5]));
    const again = new Standardizer(JSON.parse(JSON.stringify(standardizer)));
    expect(again).toEqual(standardizer);
  });

  it('refuses an empty data set, rows of another width and broken data', () => {
    expect(() => Standardizer.fit(rows())).toThrow(
      'Standardizer.fit: expected dataset to have examples, received none.',
    );
    expect(() => Standardizer.fit(rows([1, 2])).apply(new Float32Array(3))).toThrow(
      'expected features to have 2 numbers',
    );
    expect(() => new Standardizer({ mean: [1], standardDeviation: [] })).toThrow(
      'lists of equal length, received 1 numbers and 0',
    );
    expect(() => new Standardizer({ mean: [1], standardDeviation: [0] })).toThrow(
      'standardDeviation to be a number > 0',
    );
    expect(() => new Standardizer({ mean: [NaN], standardDeviation: [1] })).toThrow('mean to be a number');
    expect(() => Standardizer.fit(rows([NaN], [1]))).toThrow('mean to be a number');
  });
});
