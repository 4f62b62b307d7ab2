// SPDX-License-Identifier: Apache-2.0
// Tests of what all optimizers share, on the simplest of them: groups, steps, gradients, saved state.

import {
  type Scalar,
  type Variable,
  cast,
  clone,
  memory,
  ones,
  square,
  sum,
  tensor1d,
  variable,
  zeros,
} from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { AdamW } from './adamw.ts';
import type { ParameterGroup } from './parameter-groups.ts';
import { SGD, type SGDOptions } from './sgd.ts';

const exact = tolerance('exact');
const vector = (...values: number[]): Variable => {
  using initial = tensor1d(values);
  return variable(initial);
};

describe.each(devices())('Optimizer on %s', (device) => {
  useDevice(device);

  it('steps against the gradient, and returns the loss before the update', () => {
    using w = vector(1, 2);
    const optimizer = new SGD([w], { learningRate: 0.5 });
    expect(optimizer.step(() => sum<Scalar>(square(w)))).toBeCloseToTensor(5, exact);
    expect(w).toBeCloseToTensor([0, 0], exact); // w - 0.5 * 2 w
    expect(optimizer.steps).toBe(1);
    optimizer.dispose();
  });

  it('applies gradients that were computed elsewhere, which stay the callers', () => {
    using w = vector(1, 2);
    const gradient = tensor1d([1, -1]);
    const optimizer = new SGD([w], { learningRate: 1, momentum: 0.5 });
    optimizer.applyGradients([gradient]);
    optimizer.applyGradients([gradient]);
    expect(gradient).toBeCloseToTensor([1, -1], exact);
    expect(w).toBeCloseToTensor([-1.5, 4.5], exact);
    optimizer.dispose();
  });

  it('follows a schedule that sets the learning rate before each step', () => {
    using w = vector(0);
    const optimizer = new SGD([w], { learningRate: 1 });
    for (const rate of [1, 0.5, 0.25]) {
      optimizer.learningRate = rate;
      expect(optimizer.learningRate).toBe(rate);
      optimizer.applyGradients([tensor1d([-1])]);
    }
    expect(w).toBeCloseToTensor([1.75], exact);
    expect(() => (optimizer.learningRate = Infinity)).toThrowCode('ARGUMENT', /SGD: expected learningRate/);
    optimizer.dispose();
  });

  it('changes no clone of a parameter', () => {
    using w = vector(1);
    const before = clone(w);
    const optimizer = new SGD([w], { learningRate: 1 });
    optimizer.applyGradients([tensor1d([3])]);
    expect(before).toBeCloseToTensor([1], exact);
    optimizer.dispose();
  });

  it('refuses gradients of another number or shape, and has not stepped then', () => {
    using a = vector(1, 2);
    using b = vector(3);
    const optimizer = new SGD([{ parameters: [a] }, { parameters: [b] }], { learningRate: 1 });
    expect(() => optimizer.applyGradients([zeros([2])])).toThrowCode(
      'ARGUMENT',
      /each of the 2 parameters, received 1/,
    );
    expect(() => optimizer.applyGradients([tensor1d([1, 1]), tensor1d([1, 1])])).toThrowCode('SHAPE', /gradients\[1\]/);
    expect(() => optimizer.applyGradients([tensor1d([1, 1]), zeros([1], 'int32')])).toThrowCode('DTYPE');
    expect(optimizer.steps).toBe(0);
    expect(a).toBeCloseToTensor([1, 2], exact);
    optimizer.dispose();
  });

  it('leaves nothing behind, and each step only the loss', () => {
    const { tensors } = memory();
    const w = vector(1, 2);
    const optimizer = new AdamW([w]);
    expect(memory().tensors).toBe(tensors + 3); // the parameter and two moments
    optimizer.step(() => sum<Scalar>(square(w))).dispose();
    expect(memory().tensors).toBe(tensors + 3);
    optimizer.dispose();
    expect(w.isDisposed).toBe(false);
    w.dispose();
    expect(memory().tensors).toBe(tensors);
  });
});

describe.each(devices())('groups of parameters on %s', (device) => {
  useDevice(device);

  /** One step of decayed descent from 1 with gradient 1, in the given groups. */
  const stepFrom1 = (
    group: (parameters: Variable[]) => ParameterGroup[],
    options: Partial<SGDOptions> = {},
  ): number[] => {
    const parameters = [vector(1), vector(1)];
    const optimizer = new SGD(group(parameters), { learningRate: 0.5, weightDecay: 0.5, ...options });
    optimizer.applyGradients(parameters.map(() => tensor1d([1])));
    const values = parameters.map((parameter) => parameter.dataSync()[0]);
    for (const one of [optimizer, ...parameters]) one.dispose();
    return values;
  };

  it("use the optimizer's settings where they have none of their own", () => {
    expect(stepFrom1(([a, b]) => [{ parameters: [a] }, { parameters: [b] }])).toEqual([0.25, 0.25]);
  });

  it('may have a learning rate of their own, as a factor, even 0', () => {
    expect(stepFrom1(([a, b]) => [{ parameters: [a], learningRateScale: 0.5 }, { parameters: [b] }])).toEqual([
      0.625, 0.25,
    ]);
    expect(stepFrom1(([a, b]) => [{ parameters: [a], learningRateScale: 0 }, { parameters: [b] }])).toEqual([1, 0.25]);
  });

  it('may have a weight decay of their own, even 0', () => {
    expect(stepFrom1(([a, b]) => [{ parameters: [a], weightDecay: 0 }, { parameters: [b] }])).toEqual([0.5, 0.25]);
    expect(stepFrom1(([a, b]) => [{ parameters: [a, b], weightDecay: 1 }])).toEqual([0, 0]);
  });

  it('may be empty, as the biases of a model without any', () => {
    expect(stepFrom1((all) => [{ parameters: [] }, { parameters: all }])).toEqual([0.25, 0.25]);
    expect(stepFrom1((all) => [{ parameters: [] }, { parameters: all }], { momentum: 0.5 })).toEqual([0.25, 0.25]);
    using w = vector(1);
    const optimizer = new AdamW([{ parameters: [] }, { parameters: [w] }], { learningRate: 0.5, weightDecay: 0 });
    optimizer.applyGradients([tensor1d([1])]);
    expect(w).toBeCloseToTensor([0.5]);
    optimizer.dispose();
  });

  it('are refused empty altogether, with a parameter twice, and with settings that do not fit', () => {
    using w = vector(1);
    const make = (groups: object[]) => () => new SGD(groups as ParameterGroup[], { learningRate: 1 });
    expect(make([])).toThrowCode('ARGUMENT', /at least one parameter.*model\.parameters.*ModuleList/);
    expect(make([{ parameters: [] }])).toThrowCode('ARGUMENT', /at least one parameter/);
    expect(make([w, w])).toThrowCode('ARGUMENT', /twice/);
    expect(make([w, ones([2])])).toThrowCode('ARGUMENT', /parameters\[1\] .* received a Tensor float32 \[2\]/);
    expect(make([[w]])).toThrowCode('ARGUMENT', /parameters\[0\] .* received \[a Variable float32 \[1\]\]/);
    expect(make([3 as never])).toThrowCode('ARGUMENT', /parameters\[0\] to be a Variable, received 3/);
    expect(make({ parameters: () => [w] } as never)).toThrowCode('ARGUMENT', /to be an Array.*Pass model\.parameters/);
    expect(make([{ parameters: w }])).toThrowCode('ARGUMENT', /to be an Array, received a Variable float32 \[1\]/);
    expect(make([{ parameters: [w] }, { parameters: [w] }])).toThrowCode('ARGUMENT', /twice.*in one group only/);
    expect(make([{ parameters: [w], learningRateScale: -1 }])).toThrowCode('ARGUMENT', /learningRateScale/);
    expect(make([{ parameters: [w], weightDecay: -1 }])).toThrowCode('ARGUMENT', /weightDecay/);
    expect(make([{ parameters: [w], weightDeacy: 0 }])).toThrowCode('OPTION', /Did you mean "weightDecay"/);
    expect(() => new SGD([w], { lr: 1 } as never)).toThrowCode('OPTION', /"lr"\. Did you mean "learningRate"/);
  });
});

describe.each(devices())('state of an optimizer on %s', (device) => {
  useDevice(device);

  it('has the steps and a tensor of each kind per parameter, in the order of the groups', () => {
    using a = vector(1, 2);
    using b = vector(3);
    const optimizer = new AdamW([{ parameters: [a] }, { parameters: [b] }]);
    optimizer.applyGradients([zeros([2]), zeros([1])]);
    const { step, tensors } = optimizer.stateDict();
    expect(step).toBe(1);
    expect(Object.keys(tensors)).toEqual(['firstMoment.0', 'firstMoment.1', 'secondMoment.0', 'secondMoment.1']);
    expect(tensors['secondMoment.0'].shape).toEqual([2]);
    optimizer.dispose();
  });

  it('is copied when it is loaded: the given tensors stay, unchanged by later steps', () => {
    using w = vector(0);
    const optimizer = new SGD([w], { learningRate: 1, momentum: 0.5 });
    const velocity = tensor1d([4]);
    optimizer.loadStateDict({ step: 7, tensors: { 'velocity.0': velocity } });
    optimizer.applyGradients([tensor1d([1])]);
    expect(optimizer.steps).toBe(8);
    expect(w).toBeCloseToTensor([-3], exact); // 0.5 * 4 + 1
    expect(velocity).toBeCloseToTensor([4], exact);
    optimizer.dispose();
  });

  it('may be loaded into the optimizer that it is of', () => {
    using w = vector(0);
    const optimizer = new SGD([w], { learningRate: 1, momentum: 0.5 });
    optimizer.applyGradients([tensor1d([1])]);
    optimizer.loadStateDict(optimizer.stateDict());
    expect(optimizer.stateDict().tensors['velocity.0']).toBeCloseToTensor([1], exact);
    optimizer.dispose();
  });

  it('is refused with names, shapes or element types that do not fit, and nothing is loaded', () => {
    using a = vector(1, 2);
    using b = vector(3);
    const optimizer = new SGD([a, b], { learningRate: 1, momentum: 0.5 });
    const [first, second] = [tensor1d([1, 1]), tensor1d([1])];
    const load =
      (tensors: object, step = 3) =>
      () =>
        optimizer.loadStateDict({ step, tensors: { 'velocity.0': first, 'velocity.1': second, ...tensors } });
    expect(load({ 'velocity.1': first })).toThrowCode('STATE', /velocity\.1 \[2\] instead of \[1\]/);
    expect(load({ 'velocity.1': undefined })).toThrowCode('STATE', /velocity\.1 absent instead of \[1\]/);
    expect(load({ 'velocity.2': first })).toThrowCode('STATE', /velocity\.2 \[2\] instead of absent/);
    expect(load({ 'velocity.0': cast(first, 'int32') })).toThrowCode(
      'STATE',
      /velocity\.0 int32 \[2\] instead of \[2\]/,
    );
    expect(load({}, 1.5)).toThrowCode('ARGUMENT', /step/);
    expect(optimizer.steps).toBe(0);
    expect(optimizer.stateDict().tensors['velocity.0']).toBeCloseToTensor([0, 0], exact);
    optimizer.dispose();
  });
});
