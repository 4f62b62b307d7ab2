// SPDX-License-Identifier: Apache-2.0
// Tests of sgdStep on every device.

import {
  assertClose,
  devices,
  fromRecord,
  golden,
  randomTensor,
  tolerance,
  useDevice,
  variablesFrom,
} from '@nabla/testing';
import { dispose, scope } from '../memory.ts';
import { type Tensor, clone, fill, tensor1d, variable, zeros, zerosLike } from '../tf.ts';
import { type SgdStepOptions, plainSgdStep, sgdStep } from './sgd-step.ts';

const SHAPES = [[], [1], [7], [3, 5], [16], [17], [0], [31], [33], [100], [5000]];
const OPTIONS = { learningRate: 0.1, momentum: 0.9, dampening: 0.3, nesterov: false, weightDecay: 0.2, first: false };

const draw = (seed: number): Tensor[] => SHAPES.map((shape, i) => randomTensor(shape, { seed: seed + i }));

describe.each(devices())('sgdStep on %s', (device) => {
  useDevice(device);

  it.each<Partial<SgdStepOptions>>([
    {},
    { nesterov: true, dampening: 0 },
    { first: true },
    { first: true, nesterov: true },
  ])('equals its formula on every tensor with velocities: %j', (some) => {
    const options = { ...OPTIONS, ...some };
    const [parameters, gradients, velocities] = [draw(1), draw(2), draw(3)];
    const expected = SHAPES.map((_, i) => plainSgdStep(parameters[i], gradients[i], velocities[i], options));
    sgdStep(parameters, gradients, velocities, options);
    expected.forEach(([parameter, velocity], i) => {
      assertClose(`parameter ${i}`, parameters[i], parameter, tolerance('elementwise'));
      assertClose(`velocity ${i}`, velocities[i], velocity, tolerance('elementwise'));
    });
  });

  it('equals its formula without velocities', () => {
    const options = { ...OPTIONS, momentum: 0, dampening: 0, first: true };
    const [parameters, gradients] = [draw(1), draw(2)];
    const expected = SHAPES.map((_, i) => plainSgdStep(parameters[i], gradients[i], parameters[i], options)[0]);
    sgdStep(parameters, gradients, undefined, options);
    expected.forEach((parameter, i) => assertClose(`${i}`, parameters[i], parameter, tolerance('elementwise')));
  });

  it.each(golden('sgd').cases)('equals ten steps of PyTorch: $name', ({ options, learningRates, ...recorded }) => {
    const variables = variablesFrom(recorded.parameters);
    const parameters = Object.values(variables);
    const velocities = options.momentum === 0 ? undefined : parameters.map((parameter) => zerosLike(parameter));
    recorded.gradients.forEach((gradients, i) => {
      const learningRate = learningRates?.[i] ?? options.learningRate;
      const settings = { ...options, learningRate, first: i === 0 };
      scope(() => sgdStep(parameters, Object.values(fromRecord(gradients)), velocities, settings));
      for (const [name, parameter] of Object.entries(variables)) {
        assertClose(`${name} after step ${i + 1}`, parameter, recorded.after[i][name], tolerance('transcendental'));
      }
    });
    dispose(variables);
  });

  it('does not read the velocities of the first step, and never changes a snapshot', () => {
    const parameter = variable(tensor1d([1, 2]));
    const velocity = fill([2], NaN);
    const [before, old] = [clone(parameter), clone(velocity)];
    sgdStep([parameter], [tensor1d([1, 1])], [velocity], { ...OPTIONS, weightDecay: 0, first: true });
    expect(parameter).toBeCloseToTensor([0.9, 1.9]);
    expect(velocity).toBeCloseToTensor([1, 1]);
    expect(before).toBeCloseToTensor([1, 2]);
    expect(old).toBeCloseToTensor([NaN, NaN]);
    dispose(parameter);
  });

  it('refuses lists that do not match, momentum without velocities, and options out of range', () => {
    const [p, g, v] = [0, 1, 2].map(() => zeros([2]));
    expect(() => sgdStep([p], [g, g], [v], OPTIONS)).toThrowCode('ARGUMENT', /gradients to have 1 tensors/);
    expect(() => sgdStep([p], [g], [zeros([3])], OPTIONS)).toThrowCode('SHAPE', /velocities\[0\]/);
    expect(() => sgdStep([p], [zeros([2], 'int32')], [v], OPTIONS)).toThrowCode('DTYPE', /gradients\[0\]/);
    expect(() => sgdStep([p, p], [g, g], [v, v], OPTIONS)).toThrowCode('ARGUMENT', /parameters to be distinct/);
    expect(() => sgdStep([p], [g], undefined, OPTIONS)).toThrowCode('ARGUMENT', /velocities/);
    expect(() => sgdStep([p], [g], [v], { ...OPTIONS, momentum: -1 })).toThrowCode('ARGUMENT', /momentum/);
    expect(() => sgdStep([p], [g], [v], { ...OPTIONS, lr: 1 } as SgdStepOptions)).toThrowCode('OPTION');
  });
});
