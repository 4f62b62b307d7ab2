// SPDX-License-Identifier: Apache-2.0
// Tests of one step: accumulation, clipping, and the errors of numbers that go bad.

import {
  Generator,
  type Tensor,
  add,
  addN,
  div,
  dispose,
  mean,
  mul,
  reshape,
  sqrt,
  square,
  sub,
  sum,
  tensor2d,
  zerosLike,
} from '@nabla/core';
import { DataLoader } from '@nabla/data';
import { Dropout, Linear, Module, ReLU, Sequential } from '@nabla/layers';
import { SGD } from '@nabla/optimizers';
import { devices, randomValues, tolerance, useDevice } from '@nabla/testing';

import type { Task } from './recipe.ts';
import { trainStep } from './train-step.ts';

interface Rows {
  readonly x: Tensor; // [batch, 2]
}

const VALUES = randomValues(32, { seed: 3 });

function taskOf(
  model: Module,
  loss: (batch: Rows) => Tensor,
  batchSize = 4,
  values: ArrayLike<number> = VALUES,
): Task<Rows> {
  const dataset = { length: values.length / 2, get: (i: number) => [values[2 * i] ?? 0, values[2 * i + 1] ?? 0] };
  const collate = (rows: readonly number[][]): Rows => ({ x: tensor2d(rows.map((row) => [...row])) });
  const loader = new DataLoader<unknown, Rows>(dataset, { batchSize, collate: (rows) => collate(rows as number[][]) });
  return { model, loader, batchesPerEpoch: loader.batchesPerEpoch, loss, evaluate: () => ({}), files: {} };
}

function makeModel(seed = 1): Sequential {
  const generator = new Generator(seed);
  return new Sequential(new Linear(2, 3, { generator }), new ReLU(), new Linear(3, 1, { generator }));
}

/** Squared error of predicting the sum of a row. */
function squaredError(model: Sequential, { x }: Rows): Tensor {
  return mean(square(sub(reshape(model.forward(x), [-1]), sum(x, -1))));
}

const plain = { accumulate: 1, clipNorm: 0 };
const generator = new Generator(0);

describe.each(devices())('trainStep on %s', (device) => {
  useDevice(device);

  it('takes the same step over two batches as over one of twice the size', () => {
    const [models, results] = [[makeModel(), makeModel()], [] as ReturnType<typeof trainStep>[]];
    models.forEach((model, i) => {
      const [batchSize, accumulate] = i === 0 ? [8, 1] : [4, 2];
      const task = taskOf(model, (batch) => squaredError(model, batch), batchSize);
      const optimizer = new SGD(model.parameters(), { learningRate: 0.1 });
      results.push(trainStep(task, optimizer, { ...plain, accumulate }, generator, 1));
      optimizer.dispose();
    });
    const [one, two] = results;
    expect(two?.loss).toBeCloseTo(one?.loss ?? NaN, 5);
    expect(two?.gradientNorm).toBeCloseTo(one?.gradientNorm ?? NaN, 4);
    expect([one?.examples, two?.examples]).toEqual([8, 8]);
    const [first, second] = models.map((model) => model.stateDict());
    for (const [name, tensor] of Object.entries(first ?? {})) {
      expect(second?.[name]).toBeCloseToTensor(tensor, tolerance('matmul', 8));
    }
    dispose(models);
  });

  it.each([
    [0.01, 0.01],
    [1000, undefined],
  ])('clips the gradient to length %d, and tells the length before', (clipNorm, expected) => {
    const model = makeModel();
    const before = model.parameters().map((parameter) => parameter.clone());
    const task = taskOf(model, (batch) => squaredError(model, batch));
    const optimizer = new SGD(model.parameters(), { learningRate: 1 });
    const { gradientNorm } = trainStep(task, optimizer, { ...plain, clipNorm }, generator, 1);
    const moved = model.parameters().map((parameter, i) => sum(square(sub(parameter, before[i] ?? parameter))));
    const length = Math.sqrt(moved.reduce((total, part) => total + (part.dataSync()[0] ?? NaN), 0));
    expect(gradientNorm).toBeGreaterThan(0.1);
    expect(length).toBeCloseTo(expected ?? gradientNorm, 4);
    optimizer.dispose();
    model.dispose();
  });

  it('puts the parameters back to where they must be, after the update', () => {
    const model = makeModel();
    const [weight] = model.parameters();
    const constrain = (): void => weight?.assign(mul(weight, 0));
    const task = { ...taskOf(model, (batch) => squaredError(model, batch)), constrain };
    const optimizer = new SGD(model.parameters(), { learningRate: 0.1 });
    trainStep(task, optimizer, plain, generator, 1);
    expect(new Set(weight?.dataSync())).toEqual(new Set([0]));
    optimizer.dispose();
    model.dispose();
  });
});

describe('numbers that go bad', () => {
  useDevice('js');

  function stepOn(model: Module, loss: (batch: Rows) => Tensor, values?: ArrayLike<number>, random = generator): void {
    const task = taskOf(model, loss, 4, values);
    const optimizer = new SGD(model.parameters(), { learningRate: 0.1 });
    const before = model.parameters().map((parameter) => parameter.clone());
    try {
      trainStep(task, optimizer, plain, random, 7);
    } finally {
      model
        .parameters()
        .forEach((parameter, i) => expect(parameter).toBeCloseToTensor(before[i] ?? [], tolerance('exact')));
      optimizer.dispose();
      model.dispose();
    }
  }

  it('names the first module that gave a number that is not finite', () => {
    const values = Array.from(VALUES, (value, i) => (i === 3 ? 3e38 : value * 1e30));
    const model = makeModel();
    model.parameters()[0]?.assign(tensor2d([[9, 9], [9, 9], [9, 9]])); // prettier-ignore
    const step = (): void => stepOn(model, (batch) => squaredError(model, batch), values);
    expect(step).toThrowCode(
      'NON_FINITE',
      /^training stopped at step 7: the loss is (NaN|Infinity); the first module that gave such a number is Linear "0"\. A checkpoint saved before is whole\. Lower learningRate, set clipNorm, or look for extreme values in the data\.$/,
    );
  });

  it('finds it in a model that draws: the same numbers are drawn again', () => {
    const random = new Generator(5);
    class Reciprocal extends Module {
      override forward(x: Tensor): Tensor {
        return div(1, x);
      }
    }
    const model = new Sequential(
      new Linear(2, 8, { generator: random }),
      new Dropout(0.5, { generator: random }),
      new Reciprocal(),
    );
    expect(() => stepOn(model, ({ x }) => mean(model.forward(x)), undefined, random)).toThrow(/Reciprocal "2"/);
  });

  it('names a parameter that was bad before', () => {
    const model = makeModel();
    model.parameters()[3]?.assign(tensor2d([[NaN]]).reshape([1]));
    expect(() => stepOn(model, (batch) => squaredError(model, batch))).toThrowCode(
      'NON_FINITE',
      /the loss is NaN; parameter "2.bias" of Linear was not finite before the step\./,
    );
  });

  it('says so where every module is innocent', () => {
    const model = makeModel();
    expect(() => stepOn(model, ({ x }) => div(mean(model.forward(x)), 0))).toThrow(
      /the loss is -?Infinity; every module gave finite numbers, the loss function did not\./,
    );
  });

  it('names the parameters whose gradient is not finite', () => {
    const model = makeModel();
    const loss = ({ x }: Rows): Tensor =>
      add(squaredError(model, { x }), sqrt(mul(sum(model.parameters()[0] ?? x), 0)));
    expect(() => stepOn(model, loss)).toThrowCode('NON_FINITE', /at step 7: the gradient of 0\.weight is not finite\./);
  });

  it('says so where a gradient is merely too long', () => {
    const model = new Linear(1, 1, { generator: new Generator(1) });
    for (const parameter of model.parameters()) parameter.assign(zerosLike(parameter));
    const loss = (): Tensor => addN(model.parameters().map((parameter) => mul(sum(parameter), 3e38)));
    expect(() => stepOn(model, loss)).toThrow('the gradient, over all parameters, is too long for float32.');
  });
});
