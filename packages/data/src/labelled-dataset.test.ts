// SPDX-License-Identifier: Apache-2.0
// Tests of examples with class labels, and of tables with numbers to predict.

import { memory } from '@nabla/core';
import { collateRegression } from './collate.ts';
import { LabelledDataset } from './labelled-dataset.ts';
import { parseTextPairs } from './readers/text-pairs.ts';
import { RegressionDataset, type RegressionOptions } from './regression-dataset.ts';

describe('LabelledDataset', () => {
  it('gives examples, and all labels at once', () => {
    const examples = ['a', 'b', 'c'].map((text, i) => ({ text, label: i % 2 }));
    const dataset = new LabelledDataset(examples, ['no', 'yes']);
    expect([dataset.length, dataset.get(1), [...dataset.labels]]).toEqual([3, { text: 'b', label: 1 }, [0, 1, 0]]);
    expect(() => dataset.get(3)).toThrow('expected index');
  });

  it.each([2, -1, 0.5, NaN])('refuses the label %p', (label) => {
    expect(() => new LabelledDataset([{ label: 0 }, { label }], ['no', 'yes'])).toThrow(
      `LabelledDataset: expected the label of example 1 to be the id of a class, 0 to 1, received ${label}.`,
    );
  });
});

describe('RegressionDataset', () => {
  const options: RegressionOptions = {
    features: Float32Array.of(1, 2, 3, 4),
    targets: Float32Array.of(0.5, 0.75),
    columns: ['length', 'width'],
  };

  it('gives rows, and tensors of them', () => {
    const before = memory().tensors;
    const table = new RegressionDataset(options);
    expect([table.length, table.get(1)]).toEqual([2, { features: Float32Array.of(3, 4), target: 0.75 }]);
    const { features, targets } = collateRegression([table.get(1), table.get(0)]);
    expect([features.shape, [...features.dataSync()]]).toEqual([
      [2, 2],
      [3, 4, 1, 2],
    ]);
    expect([targets.shape, targets.dtype, [...targets.dataSync()]]).toEqual([[2, 1], 'float32', [0.75, 0.5]]);
    features.dispose();
    targets.dispose();
    expect(memory().tensors).toBe(before);
  });

  it.each<[Partial<RegressionOptions>, string]>([
    [{ features: new Float32Array(5) }, 'expected features to have 2 rows of 2 numbers (one row for each target)'],
    [{ columns: [] }, 'expected columns to name at least one feature'],
  ])('refuses %j', (change, message) => {
    expect(() => new RegressionDataset({ ...options, ...change })).toThrow(message);
  });

  it.each([-1, 2, 1.5, NaN])('refuses the index %p', (index) => {
    expect(() => new RegressionDataset(options).get(index)).toThrow('RegressionDataset.get: expected index');
  });
});

describe('parseTextPairs', () => {
  it('reads a pair a line, whatever ends the lines', () => {
    expect(parseTextPairs('Go.\tVa !\r\n\nHi.\tSalut !', 'a.txt')).toEqual([
      { source: 'Go.', target: 'Va !' },
      { source: 'Hi.', target: 'Salut !' },
    ]);
  });

  it.each(['Go.', 'Go.\t', '\tVa !', 'Go.\tVa !\tGeh!'])('refuses the line %j', (line) => {
    expect(() => parseTextPairs(`Hi.\tSalut !\n${line}`, 'a.txt')).toThrow(
      `parseTextPairs: expected a.txt, line 2 to be two texts and a tab between them, received ${JSON.stringify(line)}.`,
    );
  });
});
