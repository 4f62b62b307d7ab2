// SPDX-License-Identifier: Apache-2.0
// What weight normalization does to a layer: its state, its parameters, and the way back. Values against PyTorch are in the
// shared suite of layers.

import { Generator, add, clone, memory, mul, ones, scope, sum, valueAndGrad } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { MultiHeadAttention } from '../attention/multi-head-attention.ts';
import { ReLU } from '../activations.ts';
import { Linear } from '../linear.ts';
import { Sequential } from '../sequential.ts';
import { removeWeightNorm, weightNorm } from './weight-norm.ts';

const close = tolerance('reduce', 8);

describe.each(devices())('weightNorm on %s', (device) => {
  useDevice(device);
  const make = (): Linear => new Linear(4, 3, { generator: new Generator(1) });

  it('computes what the layer did, with the parameter itself as direction', () => {
    const layer = make();
    const { weight } = layer;
    const before = layer.forward(ones([2, 4]));
    expect(weightNorm(layer)).toBe(layer);
    expect(layer.forward(ones([2, 4]))).toBeCloseToTensor(before, close);
    const state = layer.stateDict();
    expect(Object.entries(state).map(([name, { shape }]) => [name, shape])).toEqual([
      ['bias', [3]],
      ['weight_g', [3, 1]],
      ['weight_v', [3, 4]],
    ]);
    expect(state['weight_v']).toBe(weight);
    layer.dispose();
  });

  it('follows length and direction when they change', () => {
    const layer = weightNorm(make());
    const before = clone(layer.weight);
    scope(() => {
      const { weight_g: length, weight_v: direction } = layer.stateDict();
      layer.loadStateDict({ weight_g: mul(length, 3), weight_v: mul(direction, 7) }, { strict: false });
    });
    expect(layer.weight).toBeCloseToTensor(mul(before, 3), close);
    layer.dispose();
  });

  it('is trained inside of other modules, and names other parameters', () => {
    const generator = new Generator(2);
    const model = new Sequential(weightNorm(new Linear(4, 3, { generator }), { axis: -1 }), new ReLU());
    const { gradients } = valueAndGrad(() => sum(model.forward(ones([2, 4]))), model.parameters());
    expect(gradients.map(({ shape }) => shape)).toEqual([[3], [1, 4], [3, 4]]);
    const attention = weightNorm(new MultiHeadAttention(4, 2, { generator }), { name: 'in_proj_weight', axis: null });
    expect(attention.stateDict()['in_proj_weight_g']?.shape).toEqual([]);
    const x = ones([1, 2, 4]);
    expect(attention.forward(x, x, x).shape).toEqual([1, 2, 4]);
    for (const module of [model, attention]) module.dispose();
  });

  it('is undone: the parameter starts at its present value, and nothing else is left', () => {
    const layer = weightNorm(make());
    scope(() => {
      const { weight_g: length } = layer.stateDict();
      layer.loadStateDict({ weight_g: add(length, 1) }, { strict: false });
    });
    const weight = clone(layer.weight);
    const { tensors } = memory();
    expect(removeWeightNorm(layer)).toBe(layer);
    expect(memory().tensors).toBe(tensors - 1);
    expect(Object.keys(layer.stateDict())).toEqual(['bias', 'weight']);
    expect(layer.weight).toBeCloseToTensor(weight, tolerance('exact'));
    expect(layer.parameters()).toEqual([layer.bias, layer.weight]);
    weightNorm(layer);
    layer.dispose();
  });

  it('refuses a parameter that the layer has not, twice the same, and options that do not fit', () => {
    const layer = make();
    expect(() => weightNorm(layer, { name: 'weigth' })).toThrowCode(
      'ARGUMENT',
      /Linear: weight, bias.*"weigth".*weight/,
    );
    expect(() => weightNorm(layer, { name: '' })).toThrowCode('ARGUMENT', /name/);
    expect(() => weightNorm(layer, { axis: 2 })).toThrowCode('ARGUMENT', /axis/);
    expect(() => weightNorm(layer, { axes: 1 } as object)).toThrowCode('OPTION', /axis/);
    expect(() => removeWeightNorm(layer)).toThrowCode('ARGUMENT', /weightNorm has replaced, received "weight"/);
    weightNorm(layer);
    expect(() => weightNorm(layer)).toThrowCode('ARGUMENT', /weightNorm has already replaced it/);
    layer.dispose();
  });
});
