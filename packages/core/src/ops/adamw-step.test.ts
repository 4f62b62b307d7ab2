// SPDX-License-Identifier: Apache-2.0
// Tests of adamWStep on every device.

import {
  activeDevice,
  assertClose,
  devices,
  fromRecord,
  golden,
  randomTensor,
  selectDevice,
  tolerance,
  useDevice,
  variablesFrom,
} from '@nabla/testing';
import { getThreads, setThreads } from '../device.ts';
import { dispose, scope } from '../memory.ts';
import { type Tensor, clone, fill, reshape, tensor1d, variable, zeros, zerosLike } from '../tf.ts';
import { type AdamWStepOptions, adamWStep, plainAdamWStep } from './adamw-step.ts';

const SHAPES = [[], [1], [7], [3, 5], [16], [17], [0], [31], [33], [100], [5000]];
const OPTIONS = { step: 3, learningRate: 0.1, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.2 };

/** Tensors of all shapes, with positive second moments. */
function lists(): Record<'parameters' | 'gradients' | 'firstMoments' | 'secondMoments', Tensor[]> {
  const draw = (seed: number, low = -1): Tensor[] =>
    SHAPES.map((shape, i) => randomTensor(shape, { seed: seed + i, low }));
  return { parameters: draw(1), gradients: draw(2), firstMoments: draw(3), secondMoments: draw(4, 0) };
}

describe.each(devices())('adamWStep on %s', (device) => {
  useDevice(device);

  it('equals its formula on every tensor', () => {
    const { parameters, gradients, firstMoments, secondMoments } = lists();
    const expected = SHAPES.map((_, i) =>
      plainAdamWStep(parameters[i], gradients[i], firstMoments[i], secondMoments[i], OPTIONS),
    );
    adamWStep(parameters, gradients, firstMoments, secondMoments, OPTIONS);
    expected.forEach(([parameter, first, second], i) => {
      assertClose(`parameter ${i}`, parameters[i], parameter, tolerance('transcendental'));
      assertClose(`first moment ${i}`, firstMoments[i], first, tolerance('elementwise'));
      assertClose(`second moment ${i}`, secondMoments[i], second, tolerance('elementwise'));
    });
    expect(gradients[4]).toBeCloseToTensor(lists().gradients[4], tolerance('exact'));
  });

  const plain = golden('adamw').cases.filter(({ options }) => options.amsgrad !== true); // AMSGrad is a rule of its own
  it.each(plain)('equals ten steps of PyTorch: $name', ({ options, learningRates, ...recorded }) => {
    const variables = variablesFrom(recorded.parameters);
    const parameters = Object.values(variables);
    const [first, second] = [0, 1].map(() => parameters.map((parameter) => zerosLike(parameter)));
    const { betas, ...rest } = options;
    recorded.gradients.forEach((gradients, i) => {
      const learningRate = learningRates?.[i] ?? options.learningRate;
      const settings = { ...rest, beta1: betas[0], beta2: betas[1], learningRate, step: i + 1 };
      scope(() => adamWStep(parameters, Object.values(fromRecord(gradients)), first, second, settings));
      for (const [name, parameter] of Object.entries(variables)) {
        assertClose(`${name} after step ${i + 1}`, parameter, recorded.after[i][name], tolerance('transcendental'));
      }
    });
    dispose(variables);
  });

  it('never changes a snapshot: a clone, a view, an array that was read, the array it was made from', () => {
    const source = Float32Array.of(1, 2, 3, 4);
    const parameter = scope(() => variable(tensor1d(source)));
    const [copy, view] = [clone(parameter), reshape(parameter, [2, 2])];
    const read = parameter.dataSync();
    const moments = [0, 1].map(() => zeros([4]));
    const kept = moments.map((moment) => clone(moment));
    adamWStep([parameter], [fill([4], 1)], [moments[0]], [moments[1]], { ...OPTIONS, step: 1 });
    expect(parameter).toBeCloseToTensor([0.88, 1.86, 2.84, 3.82], tolerance('transcendental'));
    expect(moments[0]).toBeCloseToTensor([0.2, 0.2, 0.2, 0.2], tolerance('transcendental'));
    for (const values of [source, read, copy.dataSync(), view.dataSync()])
      expect(Array.from(values)).toEqual([1, 2, 3, 4]);
    for (const moment of kept) expect(moment).toBeCloseToTensor([0, 0, 0, 0], tolerance('exact'));
    dispose(parameter);
  });

  it('takes tensors of another device', () => {
    const previous = activeDevice();
    selectDevice(previous === 'js' ? (devices()[1] ?? 'js') : 'js');
    const [parameter, gradient, first, second] = [2, 5, 0, 0].map((value) => fill([3], value));
    selectDevice(previous);
    adamWStep([parameter], [gradient], [first], [second], { ...OPTIONS, step: 1, weightDecay: 0 });
    expect(parameter).toBeCloseToTensor([1.9, 1.9, 1.9], tolerance('transcendental'));
  });

  it('splits lists that are longer than one call takes', () => {
    const list = (value: number): Tensor[] => Array.from({ length: 3500 }, () => fill([1], value));
    const [parameters, gradients, first, second] = [list(1), list(1), list(0), list(0)];
    adamWStep(parameters, gradients, first, second, { ...OPTIONS, step: 1, weightDecay: 0 });
    const values = new Set(parameters.map((parameter) => Math.round(parameter.dataSync()[0] * 1e5)));
    expect([...values]).toEqual([90000]);
  });

  it('gives the same bits on any number of threads', () => {
    if (device === 'js') return;
    const threads = getThreads();
    const run = (count: number): Tensor[] => {
      setThreads(count);
      const shape = [99991];
      const [parameters, gradients, first, second] = [1, 2, 3, 4].map((seed) => [
        randomTensor(shape, { seed, low: seed === 4 ? 0 : -1 }),
      ]);
      adamWStep(parameters, gradients, first, second, OPTIONS);
      return [...parameters, ...first, ...second];
    };
    try {
      const expected = run(1);
      run(4).forEach((received, i) => assertClose(`list ${i}`, received, expected[i], tolerance('exact')));
    } finally {
      setThreads(threads);
    }
  });

  it('refuses lists that do not match, and options out of range', () => {
    const a = (): Tensor => zeros([2]);
    const [p, q, m, v] = [a(), a(), a(), a()];
    expect(() => adamWStep([p, q], [a()], [m], [v], OPTIONS)).toThrowCode('ARGUMENT', /gradients to have 2 tensors/);
    expect(() => adamWStep([p], [zeros([3])], [m], [v], OPTIONS)).toThrowCode('SHAPE', /gradients\[0\]/);
    expect(() => adamWStep([p], [a()], [zeros([2], 'int32')], [v], OPTIONS)).toThrowCode('DTYPE', /firstMoments\[0\]/);
    expect(() => adamWStep([p], [a()], [m], [p], OPTIONS)).toThrowCode('ARGUMENT', /secondMoments to be distinct/);
    const wrong: Partial<AdamWStepOptions>[] = [
      { step: 0 },
      { beta1: 1 },
      { beta2: -1 },
      { epsilon: -1 },
      { learningRate: NaN },
    ];
    for (const options of wrong) {
      expect(() => adamWStep([p], [q], [m], [v], { ...OPTIONS, ...options })).toThrowCode('ARGUMENT');
    }
    expect(() => adamWStep([p], [q], [m], [v], { ...OPTIONS, eps: 1 } as AdamWStepOptions)).toThrowCode('OPTION');
  });
});
