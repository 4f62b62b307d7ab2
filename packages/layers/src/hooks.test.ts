// SPDX-License-Identifier: Apache-2.0
// Tests of hooks around forward: what they see and replace, their order and removal, and the memory that they use.

import {
  Generator,
  type Tensor,
  clone,
  keep,
  memory,
  mul,
  ones,
  scope,
  sum,
  tensor1d,
  valueAndGrad,
} from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { ReLU } from './activations.ts';
import type { HookHandle } from './hooks.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { type Parameter, parameter } from './parameter.ts';
import { Sequential } from './sequential.ts';

class Scale extends Module {
  readonly weight: Parameter = parameter(tensor1d([2, 3]));

  override forward(x: Tensor, factor = 1): Tensor {
    return mul(mul(x, this.weight), factor);
  }
}

const exact = tolerance('exact');

describe.each(devices())('forward hooks on %s', (device) => {
  useDevice(device);

  it('see the module, its inputs and its output, and change nothing', () => {
    const scale = new Scale();
    const x = tensor1d([1, 10]);
    const seen: unknown[] = [];
    scale.registerForwardPreHook((module, inputs) => void seen.push(module, [...inputs]));
    scale.registerForwardHook((module, inputs, output) => void seen.push(module, [...inputs], output));
    const output = scale.forward(x, 2);
    expect(output).toBeCloseToTensor([4, 60], exact);
    expect(seen).toEqual([scale, [x, 2], scale, [x, 2], output]);
    expect(seen[4]).toBe(output);
    scale.dispose();
  });

  it('replace inputs and outputs, each seeing what the one before left', () => {
    const scale = new Scale();
    scale.registerForwardPreHook((_, [x]) => [mul(x, 10), 3]);
    scale.registerForwardPreHook((_, [x, factor]) => [mul(x, 2), (factor ?? 1) + 1]);
    scale.registerForwardHook((_, __, output) => mul(output, 100));
    scale.registerForwardHook((_, [, factor], output) => mul(output, factor === 4 ? -1 : 0));
    expect(scale.forward(tensor1d([1, 1]))).toBeCloseToTensor([-16000, -24000], exact);
    scale.dispose();
  });

  it('are called when a module above calls, and once per call', () => {
    const model = new Sequential(new ReLU(), new Sequential(new ReLU(), new ReLU()));
    const called: string[] = [];
    for (const [name, module] of model.namedModules()) {
      module.registerForwardPreHook(() => void called.push(`before ${name}`));
      module.registerForwardHook(() => void called.push(`after ${name}`));
    }
    model.forward(ones([1]));
    expect(called.join(', ')).toBe(
      'before , before 0, after 0, before 1, before 1.0, after 1.0, before 1.1, after 1.1, after 1, after ',
    );
  });

  it('are recorded where the call is: a gradient flows through what replaces an output', () => {
    const scale = new Scale();
    scale.registerForwardHook((_, __, output) => mul(output, 5));
    const { gradients } = valueAndGrad(() => sum(scale.forward(tensor1d([1, 10]))), scale.parameters());
    expect(gradients[0]).toBeCloseToTensor([5, 50], exact);
    scale.dispose();
  });

  it('live in the scope of the call: only what is kept outlives it', () => {
    const scale = new Scale();
    const outputs: Tensor[] = [];
    const kept: Tensor[] = [];
    scale.registerForwardHook((_, __, output) => {
      outputs.push(output);
      kept.push(keep(clone(output)));
      return undefined;
    });
    const { tensors } = memory();
    scope(() => void scale.forward(tensor1d([1, 10])));
    expect(memory().tensors).toBe(tensors + 1);
    expect(outputs[0]?.isDisposed).toBe(true);
    expect(kept[0]).toBeCloseToTensor([2, 30], exact);
    kept[0]?.dispose();
    scale.dispose();
  });
});

describe('a handle of a hook', () => {
  useDevice('js');
  const ignore = (): undefined => undefined;

  it('removes its hook alone, and may do so twice', () => {
    const relu = new ReLU();
    const hook = jest.fn(() => undefined);
    const handles = [relu.registerForwardHook(hook), relu.registerForwardHook(hook)];
    relu.forward(ones([1]));
    expect(hook).toHaveBeenCalledTimes(2);
    handles[0]?.remove();
    handles[0]?.remove();
    relu.forward(ones([1]));
    expect(hook).toHaveBeenCalledTimes(3);
    handles[1]?.remove();
    relu.forward(ones([1]));
    expect(hook).toHaveBeenCalledTimes(3);
  });

  it('removes its hook at the end of a block', () => {
    const relu = new ReLU();
    {
      using handle = relu.registerForwardPreHook(ignore);
      expect(handle).toBeDefined();
      expect(Object.hasOwn(relu, 'forward')).toBe(true);
    }
    expect(Object.hasOwn(relu, 'forward')).toBe(false);
  });

  it('may be removed by its own hook, which runs once', () => {
    const relu = new ReLU();
    const shapes: unknown[] = [];
    const handle: HookHandle = relu.registerForwardHook((_, __, { shape }) => {
      shapes.push(shape);
      handle.remove();
      return undefined;
    });
    relu.forward(ones([1]));
    relu.forward(ones([2]));
    expect(shapes).toEqual([[1]]);
  });

  it('gives back the method of the class, so that a module without hooks costs nothing', () => {
    const relu = new ReLU();
    const handles = [relu.registerForwardPreHook(ignore), relu.registerForwardHook(ignore)];
    expect(relu.forward).not.toBe(ReLU.prototype.forward);
    for (const handle of handles) handle.remove();
    expect(relu.forward).toBe(ReLU.prototype.forward);
    expect(Object.hasOwn(relu, 'forward')).toBe(false);
  });
});

describe('a module with hooks', () => {
  useDevice('js');

  it('has the same state, and its hooks are its own', () => {
    const generator = new Generator(1);
    const [hooked, other] = [new Linear(2, 2, { generator }), new Linear(2, 2, { generator })];
    const names = Object.keys(hooked.stateDict());
    const hook = jest.fn(() => undefined);
    hooked.registerForwardHook(hook);
    expect(Object.keys(hooked.stateDict())).toEqual(names);
    other.forward(ones([1, 2]));
    expect(hook).not.toHaveBeenCalled();
    for (const layer of [hooked, other]) layer.dispose();
  });

  it('does not call them after a call that threw', () => {
    const linear = new Linear(2, 2, { generator: new Generator(1) });
    const hook = jest.fn(() => undefined);
    linear.registerForwardHook(hook);
    expect(() => linear.forward(ones([1, 3]))).toThrowCode('SHAPE');
    expect(hook).not.toHaveBeenCalled();
    linear.dispose();
  });

  it('refuses inputs that are no list', () => {
    const relu = new ReLU();
    relu.registerForwardPreHook((_, [x]) => x as never);
    expect(() => relu.forward(ones([1]))).toThrowCode(
      'ARGUMENT',
      /registerForwardPreHook.*list of inputs.*Return \[x\]/,
    );
  });
});
