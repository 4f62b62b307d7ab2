// SPDX-License-Identifier: Apache-2.0
// Tests of modules: names, sharing, modes, and state that is loaded as a whole or not at all.

import {
  type Tensor,
  type Variable,
  add,
  clone,
  memory,
  mul,
  ones,
  scalar,
  sgdStep,
  sum,
  tensor1d,
  tensor2d,
  valueAndGrad,
  zeros,
} from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { ModuleList } from './module-list.ts';
import { Module } from './module.ts';
import { type Parameter, buffer, parameter } from './parameter.ts';

class Scale extends Module {
  readonly weight: Parameter = parameter(tensor1d([2, 3]));
  readonly mean: Variable = buffer(zeros([2]));

  override forward(x: Tensor): Tensor {
    return mul(x, this.weight);
  }
}

/** Forgets its second layer. */
class Forgetful extends Module {
  readonly used: Scale = new Scale();
  readonly unused: ModuleList = new ModuleList([new Pair()]);

  override forward(x: Tensor): Tensor {
    return this.used.forward(x);
  }
}

class Pair extends Module {
  readonly first: Scale = new Scale();
  readonly second: Scale = new Scale();
  readonly bias: Parameter = parameter(ones([2]));
  readonly label: string = 'neither tensor nor module';

  override forward(x: Tensor): Tensor {
    return add(this.second.forward(this.first.forward(x)), this.bias);
  }
}

/** Two names for one module. */
class Tied extends Module {
  readonly encoder: Scale = new Scale();
  readonly decoder: Scale = this.encoder;

  override forward(x: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(x));
  }
}

const SGD = { learningRate: 1, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0, first: true };
const exact = tolerance('exact');

describe.each(devices())('Module on %s', (device) => {
  useDevice(device);

  it('computes with its fields', () => {
    const pair = new Pair();
    expect(pair.forward(tensor1d([1, 10]))).toBeCloseToTensor([5, 91], exact);
    pair.dispose();
  });

  it('names modules and parameters by the path of fields, parents first', () => {
    const pair = new Pair();
    expect([...pair.namedModules()].map(([name]) => name)).toEqual(['', 'first', 'second']);
    expect([...pair.namedChildren()]).toEqual([
      ['first', pair.first],
      ['second', pair.second],
    ]);
    expect([...pair.namedParameters()].map(([name]) => name)).toEqual(['bias', 'first.weight', 'second.weight']);
    expect(pair.parameters()).toEqual([pair.bias, pair.first.weight, pair.second.weight]);
    pair.dispose();
  });

  it('saves buffers with the parameters, but does not train them', () => {
    const scale = new Scale();
    expect(Object.keys(scale.stateDict())).toEqual(['weight', 'mean']);
    expect(scale.parameters()).toEqual([scale.weight]);
    scale.dispose();
  });

  it('lists a shared parameter under each name, and once for an optimizer', () => {
    const tied = new Tied();
    expect([...tied.namedParameters()].map(([name]) => name)).toEqual(['encoder.weight', 'decoder.weight']);
    expect(tied.parameters()).toEqual([tied.encoder.weight]);
    tied.dispose();
  });

  it('switches everything below it to evaluation and back', () => {
    const pair = new Pair();
    const modes = (): boolean[] => [pair, pair.first, pair.second].map(({ training }) => training);
    expect(modes()).toEqual([true, true, true]);
    expect(pair.eval()).toBe(pair);
    expect(modes()).toEqual([false, false, false]);
    pair.first.train();
    expect(modes()).toEqual([false, true, false]);
    expect(pair.train()).toBe(pair);
    expect(modes()).toEqual([true, true, true]);
    pair.dispose();
  });

  it('frees every tensor of its own and of those below, shared ones too, and may be disposed of twice', () => {
    const { tensors } = memory();
    const modules = [new Pair(), new Tied()];
    expect(memory().tensors).toBe(tensors + 5 + 2);
    for (const module of [...modules, ...modules]) module.dispose();
    expect(memory().tensors).toBe(tensors);
  });

  it('frees nothing of a tensor that shares its memory', () => {
    const weight = tensor1d([2, 3]);
    const scale = new Scale();
    scale.weight.assign(weight);
    scale.dispose();
    expect(weight).toBeCloseToTensor([2, 3], exact);
    weight.dispose();
  });
});

describe.each(devices())('state of a module on %s', (device) => {
  useDevice(device);

  it('gives the own tensors, of which a clone keeps its values when an optimizer changes the parameter', () => {
    const scale = new Scale();
    const { weight } = scale.stateDict();
    expect(weight).toBe(scale.weight);
    const before = clone(weight);
    sgdStep(scale.parameters(), [tensor1d([1, 1])], undefined, SGD);
    expect(scale.weight).toBeCloseToTensor([1, 2], exact);
    expect(before).toBeCloseToTensor([2, 3], exact);
    scale.dispose();
  });

  it('loads values that stay the callers: neither changes with the other', () => {
    const scale = new Scale();
    const state = { weight: tensor1d([5, 6]), mean: tensor1d([7, 8]) };
    scale.loadStateDict(state);
    sgdStep(scale.parameters(), [tensor1d([1, 1])], undefined, SGD);
    expect(scale.weight).toBeCloseToTensor([4, 5], exact);
    expect(scale.mean).toBeCloseToTensor([7, 8], exact);
    expect(state.weight).toBeCloseToTensor([5, 6], exact);
    state.mean.dispose();
    expect(scale.mean).toBeCloseToTensor([7, 8], exact);
    scale.dispose();
  });

  it('may be loaded into the module that it is of, even crosswise', () => {
    const pair = new Pair();
    pair.loadStateDict(pair.stateDict());
    expect(pair.first.weight).toBeCloseToTensor([2, 3], exact);
    pair.second.weight.assign(tensor1d([5, 6]));
    const { 'first.weight': first, 'second.weight': second } = pair.stateDict();
    pair.loadStateDict({ 'first.weight': second, 'second.weight': first }, { strict: false });
    expect(pair.first.weight).toBeCloseToTensor([5, 6], exact);
    expect(pair.second.weight).toBeCloseToTensor([2, 3], exact);
    pair.dispose();
  });

  it('lists every missing, unexpected and differing name, and then loads nothing', () => {
    const pair = new Pair();
    const state = {
      bias: tensor1d([9, 9]),
      'first.weight': tensor2d([[1], [2]]),
      'first.mean': tensor1d([1, 2], 'int32'),
      'third.weight': scalar(1),
      extra: scalar(2),
    };
    const load = (): unknown => pair.loadStateDict(state);
    expect(load).toThrowCode('STATE', /the state of Pair/);
    expect(load).toThrowCode('STATE', /missing second\.weight, second\.mean;/);
    expect(load).toThrowCode('STATE', /unexpected third\.weight, extra;/);
    expect(load).toThrowCode('STATE', /first\.weight \(\[2, 1\] instead of \[2\]\)/);
    expect(load).toThrowCode('STATE', /first\.mean \(int32 \[2\] instead of \[2\]\)/);
    expect(pair.bias).toBeCloseToTensor([1, 1], exact);
    pair.dispose();
  });

  it('with strict: false loads the names that fit; shapes must match even so', () => {
    const pair = new Pair();
    const unmatched = pair.loadStateDict({ bias: tensor1d([9, 9]), extra: scalar(1) }, { strict: false });
    expect(unmatched).toEqual({
      missing: ['first.weight', 'first.mean', 'second.weight', 'second.mean'],
      unexpected: ['extra'],
    });
    expect(pair.loadStateDict(pair.stateDict())).toEqual({ missing: [], unexpected: [] });
    expect(pair.bias).toBeCloseToTensor([9, 9], exact);
    expect(pair.first.weight).toBeCloseToTensor([2, 3], exact);
    const state = { bias: tensor1d([1, 1]), 'first.weight': scalar(1) };
    expect(() => pair.loadStateDict(state, { strict: false })).toThrowCode('STATE', /first\.weight/);
    expect(pair.bias).toBeCloseToTensor([9, 9], exact);
    expect(() => pair.loadStateDict({}, { strikt: false } as object)).toThrowCode('OPTION', /"strikt".*"strict"/);
    expect(() => pair.loadStateDict({}, { strict: 0 as never })).toThrowCode('ARGUMENT', /strict/);
    pair.dispose();
  });
});

describe('the name of a parameter in an error', () => {
  useDevice('js');

  const message = (model: Module & { forward(x: Tensor): Tensor }, parameters: readonly Parameter[]): string => {
    try {
      valueAndGrad(() => sum(model.forward(ones([2]))), parameters);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it('is its path in the module that was asked for its parameters', () => {
    const model = new Forgetful();
    expect(message(model, model.parameters())).toContain(
      'received none from unused.0.bias, unused.0.first.weight, unused.0.second.weight.',
    );
    model.dispose();
  });

  it('stays the path in the outermost module', () => {
    const model = new Forgetful();
    const parameters = model.parameters();
    for (const [, module] of model.namedModules()) module.parameters();
    expect(message(model, parameters)).toContain('received none from unused.0.bias, ');
    model.dispose();
  });
});
