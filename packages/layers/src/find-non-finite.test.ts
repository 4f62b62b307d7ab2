// SPDX-License-Identifier: Apache-2.0
// Tests of the search for the first number that is not finite.

import { Generator, type Tensor, log, mul, neg, ones, tensor1d } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { Linear } from './linear.ts';
import { findNonFinite } from './find-non-finite.ts';
import { Module } from './module.ts';
import { Sequential } from './sequential.ts';

/** log(-x): NaN for every positive x. */
class Broken extends Module {
  override forward(x: Tensor): Tensor {
    return log(neg(x));
  }
}

class Double extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, 2);
  }
}

/** Its forward is a field, as a caller sets one that stands in for the class's own. */
class Replaced extends Module {
  override forward = (x: Tensor): Tensor => mul(x, 3);
}

class Thrower extends Module {
  override forward(): Tensor {
    throw new Error('no output');
  }
}

describe.each(devices())('findNonFinite on %s', (device) => {
  useDevice(device);

  it('is undefined when every parameter and every output is finite', () => {
    const model = new Sequential(new Double(), new Double());
    expect(findNonFinite(model, () => model.forward(ones([2])))).toBeUndefined();
  });

  it('names a parameter that was not finite before, without computing', () => {
    const generator = new Generator(1);
    const model = new Sequential(new Linear(2, 2, { generator }), new Linear(2, 2, { generator }));
    (model.layers[1] as Linear).bias?.assign(tensor1d([1, NaN]));
    const run = jest.fn();
    expect(findNonFinite(model, run)).toEqual({ module: '1', kind: 'Linear', parameter: '1.bias' });
    expect(run).not.toHaveBeenCalled();
    model.dispose();
  });

  it('names the first module that returned something else, children before parents', () => {
    const model = new Sequential(new Double(), new Sequential(new Broken(), new Double()));
    expect(findNonFinite(model, () => model.forward(ones([2])))).toEqual({ module: '1.0', kind: 'Broken' });
  });

  it('names the model by the empty string, and infinities too', () => {
    const model = new Double();
    expect(findNonFinite(model, () => model.forward(tensor1d([3e38])))).toEqual({ module: '', kind: 'Double' });
  });

  it('restores forward, also after a throw and where it was a field', () => {
    const [double, replaced, thrower] = [new Double(), new Replaced(), new Thrower()];
    const field = replaced.forward;
    const model = new Sequential(double, replaced, thrower);
    expect(() => findNonFinite(model, () => model.forward(ones([1])))).toThrow('no output');
    expect(Object.hasOwn(double, 'forward')).toBe(false);
    expect(double.forward).toBe(Double.prototype.forward);
    expect(replaced.forward).toBe(field);
  });

  it('watches a module that stands in two places once', () => {
    const double = new Double();
    const model = new Sequential(double, double);
    expect(findNonFinite(model, () => model.forward(tensor1d([1e38])))).toEqual({ module: '0', kind: 'Double' });
    expect(double.forward).toBe(Double.prototype.forward);
  });
});
