// SPDX-License-Identifier: Apache-2.0
// Tests of the chain of layers.

import { Generator, relu, tensor1d } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { ReLU, Sigmoid } from './activations.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import type { Layer } from './module.ts';
import { Sequential } from './sequential.ts';

describe.each(devices())('Sequential on %s', (device) => {
  useDevice(device);

  it('applies its layers in their order', () => {
    const x = tensor1d([-1]);
    expect(new Sequential(new ReLU(), new Sigmoid()).forward(x)).toBeCloseToTensor([0.5]);
    expect(new Sequential(new Sigmoid(), new ReLU()).forward(x)).toBeCloseToTensor(
      [0.2689414],
      tolerance('transcendental'),
    );
  });

  it('returns its input when it is empty', () => {
    const x = randomTensor([2], { seed: 1 });
    expect(new Sequential().forward(x)).toBe(x);
  });

  it('refuses what is no layer when it is made', () => {
    const make = (...layers: unknown[]) => expect(() => new Sequential(...(layers as Layer[])));
    make(new ReLU(), 5).toThrowCode('ARGUMENT', /^Sequential: expected layer 1 to be a Module, received 5\. /);
    make([new ReLU()]).toThrowCode('ARGUMENT', /received \[an object of class ReLU\]\. Pass the layers one by one/);
    make(new ReLU(), relu).toThrowCode('ARGUMENT', /layer 1 to be a Module, received function relu/);
    make(ReLU).toThrowCode('ARGUMENT', /received class ReLU/);
    make(tensor1d([1])).toThrowCode('ARGUMENT', /received a Tensor float32 \[1\]/);
  });

  it('names its layers by position, nested ones by path', () => {
    const generator = new Generator(1);
    const inner = new Sequential(new ReLU(), new Linear(3, 1, { generator }));
    const model = new Sequential(new Linear(2, 3, { generator }), inner);
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '0.bias', '1.1.weight', '1.1.bias']);
    model.dispose();
  });

  it('switches its layers to evaluation', () => {
    const layer = new Dropout(0.5, { generator: new Generator(1) });
    new Sequential(new Sequential(layer)).eval();
    expect(layer.training).toBe(false);
  });
});
