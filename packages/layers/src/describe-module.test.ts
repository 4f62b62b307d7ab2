// SPDX-License-Identifier: Apache-2.0
// Tests of modules as text.

import { Generator, ones } from '@nabla/core';
import { useDevice } from '@nabla/testing';
import { inspect } from 'node:util';

import { ReLU } from './activations.ts';
import { Conv2d } from './conv/conv.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { ModuleList } from './module-list.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';
import { Sequential } from './sequential.ts';

useDevice('js');
const generator = new Generator(1);

class Model extends Module {
  readonly scale = parameter(ones([2]));
  readonly blocks = new ModuleList([1, 2, 3].map(() => new Sequential(new Linear(4, 4, { generator }), new ReLU())));
  readonly head = new Linear(4, 2, { generator, bias: false });
  readonly name = 'tiny';
  override forward(): never {
    throw new Error('not computed here');
  }
}

it('is one line for a layer: its settings, then the shapes of its parameters', () => {
  const layers = [new Linear(4, 2, { generator }), new Conv2d(1, 8, 3, { generator, padding: 1 })];
  expect(String(new Dropout(0.5, { generator }))).toBe('Dropout(probability: 0.5)');
  expect(String(layers[0])).toBe('Linear(weight: [2, 4], bias: [2])');
  expect(String(layers[1])).toBe('Conv2d(weight: [8, 1, 3, 3], bias: [8])');
  for (const layer of layers) layer.dispose();
});

it('is the tree of a model, with equal children on one line', () => {
  const model = new Model();
  const tree = `Model(
  name: tiny, scale: [2]
  (blocks): ModuleList(
    (0-2): 3 × Sequential(
      (0): Linear(weight: [4, 4], bias: [4])
      (1): ReLU()
    )
  )
  (head): Linear(weight: [2, 4])
)`;
  expect(String(model)).toBe(tree);
  expect(inspect(model)).toBe(tree);
  expect(inspect({ a: { model } }, { depth: 0 })).toBe('{ a: [Object] }');
  expect(inspect([model.head], { depth: 0 })).toBe('[ [Linear] ]');
  model.dispose();
});
