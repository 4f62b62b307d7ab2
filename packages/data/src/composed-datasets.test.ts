// SPDX-License-Identifier: Apache-2.0
// Tests of data sets made of lists and of other data sets.

import * as fc from 'fast-check';
import { ArrayDataset, ConcatDataset, MappedDataset } from './composed-datasets.ts';
import type { Dataset } from './dataset.ts';

const all = <Example>(dataset: Dataset<Example>): Example[] =>
  Array.from({ length: dataset.length }, (_, index) => dataset.get(index));

describe('ArrayDataset', () => {
  it('has the examples of the list as it was', () => {
    const list = [1, 2, 3];
    const dataset = new ArrayDataset(list);
    list[0] = 9;
    expect(all(dataset)).toEqual([1, 2, 3]);
    expect(() => dataset.get(3)).toThrow('ArrayDataset.get: expected index to be an integer >= 0 and <= 2, received 3');
  });
});

describe('ConcatDataset', () => {
  it('has the examples of all, empty ones among them', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat()), { minLength: 1 }), (lists) => {
        expect(all(new ConcatDataset(lists.map((list) => new ArrayDataset(list))))).toEqual(lists.flat());
      }),
    );
  });

  it('refuses no data set and an index outside', () => {
    expect(() => new ConcatDataset([])).toThrow('expected datasets to have at least one data set, received none');
    expect(() => new ConcatDataset([new ArrayDataset([1])]).get(1)).toThrow('ConcatDataset.get: expected index');
  });
});

describe('MappedDataset', () => {
  it('changes examples when they are asked for', () => {
    const change = jest.fn((example: number, index: number) => `${index}: ${example}`);
    const dataset = new MappedDataset(new ArrayDataset([5, 6]), change);
    expect([dataset.length, change.mock.calls.length]).toEqual([2, 0]);
    expect(all(dataset)).toEqual(['0: 5', '1: 6']);
    expect(() => dataset.get(-1)).toThrow('MappedDataset.get: expected index');
  });
});
