// SPDX-License-Identifier: Apache-2.0
// Tests of the containers besides the list of modules: names, order, reach and refusals.

import { Generator, type Tensor, add, mul, ones, tensor1d, zeros } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { ReLU, Tanh } from './activations.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { ModuleDict } from './module-dict.ts';
import { parameter } from './parameter.ts';
import { ParameterDict } from './parameter-dict.ts';
import { ParameterList } from './parameter-list.ts';

class Polynomial extends Module {
  readonly coefficients = new ParameterList([1, 2, 3].map((value) => parameter(tensor1d([value]))));
  readonly bounds = new ParameterDict({ low: parameter(zeros([1])), high: parameter(ones([1])) });

  override forward(x: Tensor): Tensor {
    const value = [...this.coefficients].reduceRight<Tensor>((sum, c) => add(mul(sum, x), c), zeros([1]));
    return add(value, this.bounds.get('high'));
  }
}

describe.each(devices())('containers on %s', (device) => {
  useDevice(device);

  it('of modules have their state names and reach them with train and eval', () => {
    const generator = new Generator(1);
    const dict = new ModuleDict({
      query: new Linear(2, 3, { generator }),
      key: new Linear(2, 3, { generator, bias: false }),
    });
    expect(Object.keys(dict.stateDict())).toEqual(['query.weight', 'query.bias', 'key.weight']);
    dict.eval();
    expect([...dict].map(([name, { training }]) => [name, training])).toEqual([
      ['query', false],
      ['key', false],
    ]);
    expect(dict.size).toBe(2);
    expect(dict.get('key')).toBe(dict.items['key']);
    dict.dispose();
  });

  it('of parameters hold state that a module computes with, saves, loads and frees', () => {
    const model = new Polynomial();
    expect(Object.keys(model.stateDict())).toEqual([
      'coefficients.0',
      'coefficients.1',
      'coefficients.2',
      'bounds.low',
      'bounds.high',
    ]);
    expect(model.parameters()).toEqual([...model.coefficients, ...Object.values(model.bounds.items)]);
    model.loadStateDict({ ...model.stateDict(), 'coefficients.2': tensor1d([5]) });
    expect(model.forward(tensor1d([10]))).toBeCloseToTensor([1 + 20 + 500 + 1], tolerance('exact'));
    expect([model.coefficients.length, model.bounds.size]).toEqual([3, 2]);
    model.dispose();
    expect(model.coefficients.items.every(({ isDisposed }) => isDisposed)).toBe(true);
  });
});

describe('a container', () => {
  useDevice('js');

  it('is one of its own: the given collection may change', () => {
    const modules: Record<string, ReLU> = { a: new ReLU() };
    const dict = new ModuleDict(modules);
    modules['b'] = new ReLU();
    expect(dict.size).toBe(1);
    const parameters = [parameter(ones([1]))];
    const list = new ParameterList(parameters);
    parameters.pop();
    expect(list).toHaveLength(1);
    list.dispose();
  });

  it.each([
    ['ModuleDict', new ModuleDict({ relu: new ReLU(), tanh: new Tanh() })],
    ['ParameterDict', new ParameterDict({})],
    ['ParameterList', new ParameterList([])],
  ])('%s says what to do when it is called', (name, container) => {
    expect(() => container.forward()).toThrowCode('ARGUMENT', new RegExp(`${name}.*in the forward of its owner`));
  });

  it('offers the nearest name', () => {
    const dict = new ModuleDict({ relu: new ReLU(), tanh: new Tanh() });
    expect(() => dict.get('rleu')).toThrowCode('ARGUMENT', /ModuleDict.*"relu", "tanh".*"rleu".*relu/);
    expect(() => dict.get('constructor')).toThrowCode('ARGUMENT');
    expect(() => new ParameterDict({}).get('x')).toThrowCode('ARGUMENT', /ParameterDict/);
  });

  it.each(['', 'a.b'])('refuses the name "%s", which would hide in a state name', (name) => {
    expect(() => new ModuleDict({ [name]: new ReLU() })).toThrowCode('ARGUMENT', /ModuleDict.*no dot/);
    using refused = parameter(ones([1]));
    expect(() => new ParameterDict({ [name]: refused })).toThrowCode('ARGUMENT', /ParameterDict/);
  });
});
