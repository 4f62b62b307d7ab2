// SPDX-License-Identifier: Apache-2.0
// Tests of stochastic gradient descent: options, and steps by hand; ten golden steps are in the suite of all optimizers.

import { type Variable, memory, tensor1d, variable } from '@nabla/core';
import { devices, tolerance, useDevice } from '@nabla/testing';

import { SGD, type SGDOptions } from './sgd.ts';

/** Two steps from 1 with the gradients 1 and 2; values that float32 holds exactly. */
function twoSteps(w: Variable, options: Omit<SGDOptions, 'learningRate'>): number[] {
  const optimizer = new SGD([w], { learningRate: 0.5, ...options });
  const values = [1, 2].map((gradient) => {
    optimizer.applyGradients([tensor1d([gradient])]);
    return w.dataSync()[0];
  });
  optimizer.dispose();
  return values;
}

const cases: readonly (readonly [string, Omit<SGDOptions, 'learningRate'>, number[]])[] = [
  ['γ g', {}, [0.5, -0.5]],
  ['weight decay: γ (g + λ θ)', { weightDecay: 0.5 }, [0.25, -0.8125]],
  ['momentum: v = 1, then 0.5 + 2', { momentum: 0.5 }, [0.5, -0.75]],
  ['dampening: v = 1, undamped at first, then 0.5 + 0.75 * 2', { momentum: 0.5, dampening: 0.25 }, [0.5, -0.5]],
  ['Nesterov: g + 0.5 v = 1.5, then 2 + 0.5 * 2.5', { momentum: 0.5, nesterov: true }, [0.25, -1.375]],
];

describe.each(devices())('SGD on %s', (device) => {
  useDevice(device);

  it.each(cases)('%s', (_, options, expected) => {
    using initial = tensor1d([1]);
    using w = variable(initial);
    expect(twoSteps(w, options)).toEqual(expected);
  });

  it('keeps a velocity only with momentum', () => {
    using w = variable(tensor1d([1]));
    const [plain, heavy] = [0, 0.9].map((momentum) => new SGD([w], { learningRate: 0.1, momentum }));
    expect(Object.keys(plain.stateDict().tensors)).toEqual([]);
    expect(heavy.stateDict().tensors['velocity.0']).toBeCloseToTensor([0], tolerance('exact'));
    for (const optimizer of [plain, heavy]) optimizer.dispose();
  });

  it('refuses options that do not fit, and keeps nothing then', () => {
    using w = variable(tensor1d([1]));
    const { tensors } = memory();
    const make = (options: object) => () => new SGD([w], { learningRate: 0.1, ...options });
    expect(make({ learningRate: -1 })).toThrowCode('ARGUMENT', /SGD: expected learningRate/);
    expect(make({ learningRate: '0.1' })).toThrowCode('ARGUMENT', /learningRate/);
    expect(make({ momentum: -0.1 })).toThrowCode('ARGUMENT', /momentum/);
    expect(make({ dampening: NaN })).toThrowCode('ARGUMENT', /dampening/);
    expect(make({ weightDecay: -0.1 })).toThrowCode('ARGUMENT', /weightDecay/);
    expect(make({ nesterov: 1, momentum: 0.9 })).toThrowCode('ARGUMENT', /nesterov/);
    expect(make({ nesterov: true })).toThrowCode('ARGUMENT', /nesterov momentum > 0/);
    expect(make({ nesterov: true, momentum: 0.9, dampening: 0.1 })).toThrowCode('ARGUMENT', /dampening 0/);
    expect(make({ momentun: 0.9 })).toThrowCode('OPTION', /Did you mean "momentum"/);
    expect(memory().tensors).toBe(tensors);
  });
});
