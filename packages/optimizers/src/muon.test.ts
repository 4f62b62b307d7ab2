// SPDX-License-Identifier: Apache-2.0
// Tests of Muon beyond the suite of all optimizers: which parameters it leaves to AdamW, and what Newton-Schulz iterations make.

import { type Tensor2D, type Variable, mul, ones, tensor2d, transpose, variable } from '@nabla/core';
import { assertClose, devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { AdamW } from './adamw.ts';
import { Muon } from './muon.ts';
import { orthogonalize } from './orthogonalize.ts';

const draw = (shape: number[], seed: number): Variable => {
  using initial = randomTensor(shape, { seed });
  return variable(initial);
};

describe.each(devices())('Muon on %s', (device) => {
  useDevice(device);

  it('leaves vectors and the parameters of byAdamW to AdamW, at its share of the learning rate', () => {
    const [ours, theirs] = [0, 1].map(() => [draw([5, 2], 1), draw([3], 2)]) as [Variable[], Variable[]];
    const matrix = draw([2, 3], 3);
    const gradients = ours.map(({ shape }, i) => randomTensor(shape, { seed: 4 + i }));
    const settings = { weightDecay: 0.1, betas: [0.8, 0.9], epsilon: 1e-3 } as const;
    const options = { ...settings, learningRate: 0.2, adamWScale: 0.5, byAdamW: [ours[0]] };
    const muon = new Muon([...ours, matrix], options);
    const adamW = new AdamW(theirs, { ...settings, learningRate: 0.1 });
    for (let step = 0; step < 3; step++) {
      muon.applyGradients([...gradients, ones([2, 3])]);
      adamW.applyGradients(gradients);
    }
    ours.forEach((x, i) => assertClose(`parameter ${i}`, x, theirs[i], tolerance('exact')));
    const names = ['firstMoment.0', 'firstMoment.1', 'momentum.2', 'secondMoment.0', 'secondMoment.1'];
    expect(Object.keys(muon.stateDict().tensors).sort()).toEqual(names);
    for (const one of [muon, adamW, matrix, ...ours, ...theirs]) one.dispose();
  });

  it('refuses in byAdamW what is no parameter of it', () => {
    using w = draw([2, 2], 1);
    using other = draw([2, 2], 1);
    expect(() => new Muon([w], { byAdamW: [other] })).toThrowCode('ARGUMENT', /byAdamW/);
  });

  it('stands still where there is no gradient, and in a matrix without elements', () => {
    using w = draw([2, 3], 1);
    using none = draw([0, 3], 1);
    const muon = new Muon([w, none]);
    muon.applyGradients([mul(w, 0), mul(none, 0)]);
    assertClose('parameter', w, randomTensor([2, 3], { seed: 1 }), tolerance('exact'));
    muon.dispose();
  });

  it('brings the singular values of a matrix near 1 and keeps its singular vectors', () => {
    const wide = tensor2d([
      [0, 5, 0, 0],
      [0, 0, -1, 0],
      [0.3, 0, 0, 0],
    ]);
    const result = orthogonalize(wide, 5);
    const values = Array.from(result.dataSync());
    const signs = values.map((value) => (Math.abs(value) < 1e-6 ? 0 : Math.sign(value)));
    expect(signs).toEqual([0, 1, 0, 0, 0, 0, -1, 0, 1, 0, 0, 0]);
    for (const value of values.filter((_, i) => signs[i] !== 0))
      expect(Math.abs(Math.abs(value) - 1)).toBeLessThan(0.35);
    expect(orthogonalize(transpose<Tensor2D>(wide), 5)).toBeCloseToTensor(
      transpose(result),
      tolerance('transcendental'),
    );
  });
});
