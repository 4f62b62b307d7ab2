// SPDX-License-Identifier: Apache-2.0
// Tests of the metrics: scikit-learn's values whether data come at once or in batches, no data, refusals.

import { type Tensor, scalar, scope, slice, tensor1d, tensor2d, zeros } from '@nabla/core';
import { devices, fromRecord, golden, useDevice } from '@nabla/testing';

import {
  Accuracy,
  ConfusionMatrix,
  F1,
  MeanAbsoluteError,
  MeanMetric,
  type Metric,
  Perplexity,
  Precision,
  R2,
  Recall,
  RocAuc,
  RootMeanSquaredError,
  TopKAccuracy,
} from '../index.ts';

type AnyMetric = Metric<unknown> & { perClass?: () => number[] };

const scores = { precision: Precision, recall: Recall, f1: F1 };
const averages = ['macro', 'micro', 'weighted'] as const;

/** For each recorded name: how the metric is made; `perClass` is asked where the record has no average. */
function metricsOf(classes: number): Record<string, () => AnyMetric> {
  if (classes === 0) {
    return {
      meanAbsoluteError: () => new MeanAbsoluteError(),
      rootMeanSquaredError: () => new RootMeanSquaredError(),
      r2: () => new R2(),
    };
  }
  if (classes === 1) return { rocAuc: () => new RocAuc() };
  const made: Record<string, () => AnyMetric> = {
    accuracy: () => new Accuracy(),
    confusion: () => new ConfusionMatrix(classes),
    perplexity: () => new Perplexity(),
    rocAuc: () => new RocAuc({ classes }),
    'rocAuc, macro': () => new RocAuc({ classes }),
    'rocAuc, weighted': () => new RocAuc({ classes, average: 'weighted' }),
  };
  for (const k of [1, 2, 3]) made[`top${k}`] = () => new TopKAccuracy(k);
  for (const [name, Score] of Object.entries(scores)) {
    made[name] = () => new Score(classes);
    for (const average of averages) made[`${name}, ${average}`] = () => new Score(classes, { average });
  }
  return made;
}

/** The value, or the list of values by class where that was recorded. */
function valueOf(metric: AnyMetric, expected: unknown): unknown {
  const asList = Array.isArray(expected) && !(metric instanceof ConfusionMatrix);
  return asList ? metric.perClass?.() : metric.compute();
}

/** Shows the first axis in batches of `size`. */
function show(metric: AnyMetric, { predictions, targets }: Record<string, Tensor>, size: number): void {
  const rows = targets.shape[0];
  for (let start = 0; start < rows; start += size) {
    const part = (x: Tensor): Tensor =>
      slice(x, [start, ...x.shape.slice(1).map(() => 0)], [Math.min(size, rows - start), ...x.shape.slice(1)]);
    scope(() => metric.update(part(predictions), part(targets)));
  }
}

const recorded = golden('metrics').cases.flatMap(({ name, options, inputs, expected }) => {
  const made = metricsOf(options.classes);
  return Object.entries(expected).map(([metric, value]) => ({ name, metric, inputs, value, make: made[metric] }));
});

describe.each(devices())('metrics on %s', (device) => {
  useDevice(device);

  it.each(recorded)('$metric equals scikit-learn: $name', ({ inputs, value, make }) => {
    const tensors = fromRecord(inputs);
    const metric = make();
    for (const size of [100, 4, 1]) {
      show(metric, tensors, size);
      const digits = metric instanceof Perplexity ? 5 : 9; // its losses are float32
      const close = (x: unknown): unknown => (Array.isArray(x) ? x.map(close) : expect.closeTo(x as number, digits));
      expect(valueOf(metric, value)).toEqual(close(value));
      metric.reset();
    }
  });
});

describe('metrics', () => {
  useDevice('js');

  it('are NaN before they have seen anything, and after a reset', () => {
    const labels = tensor1d([0, 1], 'int32');
    const made: Metric[] = [
      new Accuracy(),
      new TopKAccuracy(1),
      ...averages.map((average) => new F1(2, { average })),
      new RocAuc(),
      new Perplexity(),
      new MeanAbsoluteError(),
      new RootMeanSquaredError(),
      new R2(),
    ];
    for (const metric of made) expect(metric.compute()).toBeNaN();
    const accuracy = new Accuracy();
    accuracy.update(labels, labels);
    accuracy.reset();
    expect(accuracy.compute()).toBeNaN();
    expect(new ConfusionMatrix(2).compute()).toEqual([[0, 0], [0, 0]]); // prettier-ignore
  });

  it('take predicted classes or their scores, with any batch axes', () => {
    const targets = tensor2d([[0, 1, 1]], [1, 3], 'int32');
    const accuracy = new Accuracy();
    accuracy.update(tensor2d([[0, 1, 0]], [1, 3], 'int32'), targets);
    expect(accuracy.compute()).toBeCloseTo(2 / 3, 12);
    accuracy.reset();
    accuracy.update(tensor2d([[1, 0], [0, 1], [1, 0]]).reshape([1, 3, 2]), targets); // prettier-ignore
    expect(accuracy.compute()).toBeCloseTo(2 / 3, 12);
  });

  it('the area is NaN with one class only, or a score of NaN', () => {
    const area = new RocAuc();
    area.update(tensor1d([1, 2]), tensor1d([1, 1], 'int32'));
    expect(area.compute()).toBeNaN();
    area.update(tensor1d([3]), tensor1d([0], 'int32'));
    expect(area.compute()).toBe(0);
    area.update(tensor1d([NaN]), tensor1d([0], 'int32'));
    expect(area.compute()).toBeNaN();
  });

  it('a score of NaN is never among the best', () => {
    const accuracy = new TopKAccuracy(2);
    accuracy.update(tensor2d([[NaN, 1, NaN], [NaN, 1, NaN]]), tensor1d([0, 1], 'int32')); // prettier-ignore
    expect(accuracy.compute()).toBe(0.5);
  });

  it('perplexity leaves out what is ignored', () => {
    const perplexity = new Perplexity({ ignoreIndex: -1 });
    perplexity.update(tensor2d([[0, 0], [9, 0]]), tensor1d([1, -1], 'int32')); // prettier-ignore
    expect(perplexity.compute()).toBeCloseTo(2, 6);
  });

  it('R2 of equal targets is 1 or 0', () => {
    const r2 = new R2();
    r2.update(tensor1d([2, 2]), tensor1d([2, 2]));
    expect(r2.compute()).toBe(1);
    r2.update(tensor1d([3]), tensor1d([2]));
    expect(r2.compute()).toBe(0);
  });

  it('MeanMetric weighs numbers and tensors', () => {
    const mean = new MeanMetric();
    expect(mean.compute()).toBeNaN();
    mean.update(4);
    mean.update(tensor1d([1, 2]), 0.5);
    expect(mean.compute()).toBe(5.5 / 2);
    mean.reset();
    mean.update(scalar(3), 2);
    expect(mean.compute()).toBe(3);
    expect(() => mean.update(1, -1)).toThrowCode('ARGUMENT', /weight/);
    expect(() => mean.update(scalar(1, 'int32'))).toThrowCode('DTYPE', /value/);
  });

  it('refuse other shapes and element types', () => {
    const made: AnyMetric[] = [
      new Accuracy(),
      new TopKAccuracy(1),
      new ConfusionMatrix(3),
      new Precision(3),
      new RocAuc({ classes: 3 }),
    ];
    for (const metric of made) {
      expect(() => metric.update(zeros([2, 3]), zeros([3], 'int32'))).toThrowCode('SHAPE', /targets of shape \[2\]/);
      expect(() => metric.update(zeros([2, 3]), zeros([2]))).toThrowCode('DTYPE', /targets of dtype int32/);
      expect(() => metric.update(zeros([2, 3], 'bool'), zeros([2], 'int32'))).toThrowCode('DTYPE', /predictions/);
      expect(() => metric.update(zeros([2, 3]), tensor1d([0, 3], 'int32'))).toThrowCode('DATA', /received 3 in row 1/);
    }
    for (const metric of [new MeanAbsoluteError(), new RootMeanSquaredError(), new R2()]) {
      expect(() => metric.update(zeros([2]), zeros([2, 1]))).toThrowCode('SHAPE', /targets of shape \[2\]/);
      expect(() => metric.update(zeros([2]), zeros([2], 'int32'))).toThrowCode('DTYPE', /targets/);
    }
    const area = new RocAuc();
    expect(() => area.update(zeros([2]), zeros([3], 'int32'))).toThrowCode('SHAPE', /targets/);
    expect(() => area.update(zeros([1]), tensor1d([2], 'int32'))).toThrowCode('DATA', /received 2/);
    expect(() => new RocAuc({ classes: 3 }).update(zeros([1, 2]), zeros([1], 'int32'))).toThrowCode('SHAPE');
    expect(() => new Perplexity().update(zeros([1, 2]), zeros([2], 'int32'))).toThrowCode('SHAPE');
    expect(() => new ConfusionMatrix(2).update(tensor1d([2], 'int32'), tensor1d([1], 'int32'))).toThrowCode('DATA');
  });

  it('refuse options', () => {
    expect(() => new TopKAccuracy(0)).toThrowCode('ARGUMENT', /k to be/);
    expect(() => new ConfusionMatrix(0)).toThrowCode('ARGUMENT', /classes/);
    expect(() => new F1(2, { averaging: 'micro' } as object)).toThrowCode('OPTION', /F1.*average/);
    expect(() => new Recall(2, { average: 'mean' as 'macro' })).toThrowCode('ARGUMENT', /average/);
    expect(() => new RocAuc({ classes: 1 })).toThrowCode('ARGUMENT', /classes/);
    expect(() => new RocAuc({ average: 'micro' as 'macro' })).toThrowCode('ARGUMENT', /average/);
    expect(() => new RocAuc({ class: 2 } as object)).toThrowCode('OPTION');
    expect(() => new Perplexity({ ignoreIndex: 0.5 })).toThrowCode('ARGUMENT', /ignoreIndex/);
    expect(() => new Perplexity({ ignore: 1 } as object)).toThrowCode('OPTION', /ignoreIndex/);
  });
});
