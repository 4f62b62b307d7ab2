// SPDX-License-Identifier: Apache-2.0
// Tests of averages of weights on every device, against PyTorch's AveragedModel.

import { type Variable, clone, memory, reshape, tensor1d, variable, zeros } from '@nabla/core';
import { assertClose, devices, fromRecord, golden, tolerance, useDevice, variablesFrom } from '@nabla/testing';

import { ExponentialMovingAverage } from './exponential-moving-average.ts';
import { StochasticWeightAverage } from './stochastic-weight-average.ts';

const exact = tolerance('exact');
const classes = { ExponentialMovingAverage, StochasticWeightAverage };

const vector = (...values: number[]): Variable => {
  using initial = tensor1d(values);
  return variable(initial);
};

describe.each(devices())('averages of weights on %s', (device) => {
  useDevice(device);

  it.each(golden('weight_averages').cases)('equal PyTorch: $name', ({ average, options, weights, averages }) => {
    const variables = variablesFrom(weights[0]);
    const mean = new classes[average](Object.values(variables), options);
    weights.forEach((record, update) => {
      for (const [name, tensor] of Object.entries(fromRecord(record))) variables[name].assign(tensor);
      mean.update();
      expect(mean.updates).toBe(update + 1);
      mean.use(() => {
        for (const [name, expected] of Object.entries(averages[update])) {
          assertClose(`${name} after update ${update + 1}`, variables[name], expected, tolerance('elementwise'));
        }
      });
    });
    for (const one of [mean, ...Object.values(variables)]) one.dispose();
  });

  it('leave the weights as they were when use ends, even by an error, and copy nothing', () => {
    using w = vector(1, 2);
    const average = new ExponentialMovingAverage([w], { decay: 0.75 });
    average.update();
    w.assign(tensor1d([5, -2]));
    average.update();
    const before = living();
    const seen = average.use(() => {
      expect(living()).toEqual(before);
      return Array.from(w.dataSync());
    });
    expect(seen).toEqual([2, 1]);
    expect(w).toBeCloseToTensor([5, -2], exact);
    const fail = (): never => {
      throw new Error('no data');
    };
    expect(() => average.use(fail)).toThrow('no data');
    expect(w).toBeCloseToTensor([5, -2], exact);
    expect(living()).toEqual(before);
    average.dispose();
  });

  it('never change a snapshot of the weights or of the average', () => {
    using w = vector(1);
    const average = new StochasticWeightAverage([w]);
    const [copy, view] = [clone(w), reshape(w, [1, 1])];
    const before = clone(average.stateDict().tensors['average.0']);
    w.assign(tensor1d([4]));
    average.update();
    expect(copy).toBeCloseToTensor([1], exact);
    expect(view).toBeCloseToTensor([[1]], exact);
    expect(before).toBeCloseToTensor([1], exact);
    average.use(() => expect(w).toBeCloseToTensor([4], exact));
    average.dispose();
  });

  it('keep what is changed within use, as statistics measured anew', () => {
    using w = vector(1);
    const average = new StochasticWeightAverage([w]);
    average.use(() => w.assign(tensor1d([7])));
    expect(w).toBeCloseToTensor([1], exact);
    average.use(() => expect(w).toBeCloseToTensor([7], exact));
    average.dispose();
  });

  it.each(Object.entries(classes))('go on from saved state to the bit: %s', (_, Class) => {
    using w = vector(1, 2);
    const [whole, resumed] = [new Class([w]), new Class([w])];
    whole.update();
    w.assign(tensor1d([0.1, 5]));
    whole.update();
    resumed.loadStateDict(whole.stateDict());
    resumed.loadStateDict(resumed.stateDict());
    w.assign(tensor1d([-0.3, 11]));
    for (const average of [whole, resumed]) average.update();
    expect(resumed.updates).toBe(3);
    const expected = whole.stateDict().tensors['average.0'];
    expect(resumed.stateDict().tensors['average.0']).toBeCloseToTensor(expected, exact);
    for (const average of [whole, resumed]) average.dispose();
  });

  it('refuse state of other parameters, other element types and options', () => {
    using w = vector(1, 2);
    using integers = variable(zeros([2], 'int32'));
    const average = new ExponentialMovingAverage([w]);
    const load = (tensors: object) => () => average.loadStateDict({ step: 1, tensors: { ...tensors } });
    expect(load({})).toThrowCode('STATE', /average\.0 absent/);
    expect(load({ 'average.0': zeros([3]) })).toThrowCode('STATE', /\[3\] instead of \[2\]/);
    expect(() => average.loadStateDict({ ...average.stateDict(), step: -1 })).toThrowCode('ARGUMENT', /step/);
    expect(average.updates).toBe(0);
    expect(() => new StochasticWeightAverage([w, integers])).toThrowCode('DTYPE', /parameters\[1\]/);
    for (const decay of [1, -0.1]) expect(() => new ExponentialMovingAverage([w], { decay })).toThrowCode('ARGUMENT');
    expect(() => new ExponentialMovingAverage([w], { beta: 0.9 } as object)).toThrowCode('OPTION');
    average.dispose();
  });

  it('refuse promises, and within use all that would take the averages for the weights', () => {
    using w = vector(1);
    const average = new StochasticWeightAverage([w]);
    expect(() => average.use(() => Promise.resolve(1))).toThrowCode('ASYNC');
    for (const call of ['update', 'stateDict'] as const) {
      expect(() => average.use(() => average[call]())).toThrowCode('IN_USE', new RegExp(call));
    }
    const state = average.stateDict();
    expect(() => average.use(() => average.loadStateDict(state))).toThrowCode('IN_USE');
    expect(() => average.use(() => average.use(() => 1))).toThrowCode('IN_USE');
    expect(average.use(() => 1)).toBe(1);
    average.dispose();
  });
});

function living(): { tensors: number; dataBuffers: number } {
  const { tensors, dataBuffers } = memory();
  return { tensors, dataBuffers };
}
