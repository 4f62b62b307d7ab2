// SPDX-License-Identifier: Apache-2.0
// Tests of the activation layers of this folder: gradients, extremes, NaN and what they refuse. Their values are those of
// PyTorch (packages/testing/src/rows/activations.ts).

import { add, mul, range, reshape, sum, tensor1d, valueAndGrad, variable, zeros } from '@nabla/core';
import { checkGradient, devices, randomTensor, useDevice } from '@nabla/testing';

import * as layers from '../index.ts';

// How to make each, with options where those have a path of their own.
const elementwise: Readonly<Record<string, () => layers.Layer>> = {
  CELU: () => new layers.CELU({ alpha: 0.7 }),
  ELU: () => new layers.ELU({ alpha: 0.7 }),
  Hardshrink: () => new layers.Hardshrink(),
  Hardsigmoid: () => new layers.Hardsigmoid(),
  Hardswish: () => new layers.Hardswish(),
  Hardtanh: () => new layers.Hardtanh(),
  LeakyReLU: () => new layers.LeakyReLU(),
  LogSigmoid: () => new layers.LogSigmoid(),
  Mish: () => new layers.Mish(),
  PReLU: () => new layers.PReLU(),
  ReLU6: () => new layers.ReLU6(),
  SELU: () => new layers.SELU(),
  Softplus: () => new layers.Softplus({ beta: 3 }),
  Softshrink: () => new layers.Softshrink(),
  Softsign: () => new layers.Softsign(),
  Tanhshrink: () => new layers.Tanhshrink(),
  Threshold: () => new layers.Threshold(0.1, 20),
};

const alongAxis: Readonly<Record<string, () => layers.Layer>> = {
  Softmin: () => new layers.Softmin(),
  LogSoftmax: () => new layers.LogSoftmax(),
  GLU: () => new layers.GLU(),
};

function withLayer(make: () => layers.Layer, use: (layer: layers.Layer) => void): void {
  const layer = make();
  try {
    use(layer);
  } finally {
    layer.dispose();
  }
}

describe.each(devices())('activations on %s', (device) => {
  useDevice(device);

  it.each(Object.entries({ ...elementwise, ...alongAxis }))('%s has the gradient of its formula', (_, make) => {
    // From -3.4 to 6.1, none near a kink.
    const x = reshape(add(mul(range(-12, 22), 0.29), 0.033), [1, 34]);
    withLayer(make, (layer) => checkGradient((input) => layer.forward(input), [x], { seed: 3 }));
  });

  it.each(Object.entries({ ...elementwise, ...alongAxis }))('%s and its gradient are finite at ±1000', (_, make) => {
    withLayer(make, (layer) => {
      using x = variable(tensor1d([-1000, 1000]));
      const { gradients } = valueAndGrad(() => sum(layer.forward(x)), [x]);
      const values = [...layer.forward(x).dataSync(), ...gradients[0].dataSync()];
      expect(values.filter((value) => !Number.isFinite(value))).toEqual([]);
    });
  });

  it.each(Object.entries(elementwise))('%s passes NaN on, alone', (_, make) => {
    withLayer(make, (layer) => {
      const found = layer.forward(tensor1d([NaN, 1, NaN, 2])).dataSync();
      expect([...found].map((value) => Number.isNaN(value))).toEqual([true, false, true, false]);
    });
  });

  it.each(Object.entries({ ...elementwise, ...alongAxis }))('%s takes no rows', (_, make) => {
    withLayer(make, (layer) => expect(layer.forward(zeros([0, 4])).size).toBe(0));
  });

  it.each(Object.entries(alongAxis))('%s looks along any axis', (name) => {
    const classes = { Softmin: layers.Softmin, LogSoftmax: layers.LogSoftmax, GLU: layers.GLU };
    const made = classes[name as keyof typeof classes];
    const x = randomTensor([2, 4, 6], { seed: 5 });
    const expected = new made({ axis: 1 }).forward(x);
    expect(new made({ axis: -2 }).forward(x)).toBeCloseToTensor(expected);
    expect(() => new made({ axis: 3 }).forward(x)).toThrowCode('AXIS', /axis/);
  });

  it('GLU refuses an odd axis', () => {
    expect(() => new layers.GLU().forward(zeros([2, 3]))).toThrowCode('SHAPE', /even length of axis 1/);
  });

  it('PReLU refuses another number of features than it has slopes', () => {
    withLayer(
      () => new layers.PReLU(3),
      (layer) => expect(() => layer.forward(zeros([3, 2]))).toThrowCode('SHAPE', /PReLU: expected x of shape/),
    );
  });
});

describe('options of activations', () => {
  it('are refused when unknown', () => {
    const wrong = { inplace: true } as object;
    const made: readonly (() => layers.Module)[] = [
      () => new layers.CELU(wrong),
      () => new layers.ELU(wrong),
      () => new layers.GLU(wrong),
      () => new layers.Hardshrink(wrong),
      () => new layers.Hardtanh(wrong),
      () => new layers.LeakyReLU(wrong),
      () => new layers.LogSoftmax(wrong),
      () => new layers.PReLU(1, wrong),
      () => new layers.Softmin(wrong),
      () => new layers.Softplus(wrong),
      () => new layers.Softshrink(wrong),
    ];
    for (const make of made) expect(make).toThrowCode('OPTION', /inplace/);
  });

  it('are refused out of range', () => {
    expect(() => new layers.CELU({ alpha: 0 })).toThrowCode('ARGUMENT', /alpha/);
    expect(() => new layers.ELU({ alpha: NaN })).toThrowCode('ARGUMENT', /alpha/);
    expect(() => new layers.Hardshrink({ lambda: -1 })).toThrowCode('ARGUMENT', /lambda/);
    expect(() => new layers.Hardtanh({ minimum: 1 })).toThrowCode('ARGUMENT', /minimum/);
    expect(() => new layers.Hardtanh({ maximum: Infinity })).toThrowCode('ARGUMENT', /maximum/);
    expect(() => new layers.LeakyReLU({ negativeSlope: NaN })).toThrowCode('ARGUMENT', /negativeSlope/);
    expect(() => new layers.LogSoftmax({ axis: 0.5 })).toThrowCode('ARGUMENT', /axis/);
    expect(() => new layers.PReLU(0)).toThrowCode('ARGUMENT', /features/);
    expect(() => new layers.PReLU(1, { initial: NaN })).toThrowCode('ARGUMENT', /initial/);
    expect(() => new layers.Softplus({ beta: 0 })).toThrowCode('ARGUMENT', /beta/);
    expect(() => new layers.Threshold(NaN, 0)).toThrowCode('ARGUMENT', /threshold/);
    expect(() => new layers.Threshold(0, Infinity)).toThrowCode('ARGUMENT', /value/);
  });
});
