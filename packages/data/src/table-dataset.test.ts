// SPDX-License-Identifier: Apache-2.0
// Tests of tables in memory.

import { TableDataset, type TableOptions } from './table-dataset.ts';

const options: TableOptions = {
  features: new Float32Array([1, 2, 3, 4, 5, 6]),
  labels: new Int32Array([1, 0, 1]),
  columns: ['length', 'width'],
  classes: ['cat', 'dog'],
};

describe('TableDataset', () => {
  it('gives rows', () => {
    const table = new TableDataset(options);
    expect(table.length).toBe(3);
    expect(table.get(2)).toEqual({ features: new Float32Array([5, 6]), label: 1 });
  });

  it.each<[Partial<TableOptions>, string]>([
    [{ features: new Float32Array(5) }, 'expected features to have 3 rows of 2 numbers'],
    [{ columns: [] }, 'expected columns to name at least one feature'],
    [{ labels: new Int32Array([0, 2, 0]) }, 'expected labels to be ids of classes, 0 to 1, received 2 in row 1'],
    [{ labels: new Int32Array([0, 0, -1]) }, 'received -1 in row 2'],
  ])('refuses %j', (change, message) => {
    expect(() => new TableDataset({ ...options, ...change })).toThrow(message);
  });

  it.each([-1, 3, 1.5, NaN])('refuses the index %p', (index) => {
    expect(() => new TableDataset(options).get(index)).toThrow('TableDataset.get: expected index');
  });
});
