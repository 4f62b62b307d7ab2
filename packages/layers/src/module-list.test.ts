// SPDX-License-Identifier: Apache-2.0
// Tests of the list of modules.

import { Generator } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { ReLU, Tanh } from './activations.ts';
import { Linear } from './linear.ts';
import { ModuleList } from './module-list.ts';

describe.each(devices())('ModuleList on %s', (device) => {
  useDevice(device);

  it('keeps order, length and names', () => {
    const generator = new Generator(1);
    const items = [new Linear(2, 3, { generator }), new Linear(3, 1, { generator, bias: false })];
    const list = new ModuleList(items);
    expect([...list]).toEqual(items);
    expect(list).toHaveLength(2);
    expect(Object.keys(list.stateDict())).toEqual(['0.weight', '0.bias', '1.weight']);
    list.dispose();
  });

  it('refuses what is no module', () => {
    expect(() => new ModuleList([new ReLU(), 'tanh' as never])).toThrowCode(
      'ARGUMENT',
      /items\[1\] .* received "tanh"/,
    );
  });

  it('is a list of its own: the given one may change', () => {
    const items = [new ReLU(), new Tanh()];
    const list = new ModuleList(items);
    items.pop();
    expect(list).toHaveLength(2);
  });

  it('reaches its items with train and eval', () => {
    const list = new ModuleList([new ReLU(), new Tanh()]).eval();
    expect([...list].map(({ training }) => training)).toEqual([false, false]);
  });

  it('says what to do when it is called', () => {
    const list = new ModuleList([new ReLU()]);
    expect(() => list.forward()).toThrowCode('ARGUMENT', /Sequential/);
  });
});
