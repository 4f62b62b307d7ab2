// SPDX-License-Identifier: Apache-2.0
// Tests of the learning rate that falls on a plateau, against PyTorch's ReduceLROnPlateau.

import { golden } from '@nabla/testing';

import { ReduceOnPlateau, type ReduceOnPlateauOptions, type ReduceOnPlateauState } from './reduce-on-plateau.ts';

describe('ReduceOnPlateau', () => {
  it.each(golden('plateau').cases)('equals PyTorch: $name', ({ options, metrics, learningRates }) => {
    const plateau = new ReduceOnPlateau(options);
    expect(plateau.learningRate).toBe(options.start);
    metrics.forEach((metric, i) => {
      expect(plateau.step(metric)).toBeCloseTo(learningRates[i], 12);
      expect(plateau.learningRate).toBeCloseTo(learningRates[i], 12);
    });
  });

  it.each(golden('plateau').cases)('goes on from state saved as JSON: $name', ({ options, metrics, learningRates }) => {
    let plateau = new ReduceOnPlateau(options);
    metrics.forEach((metric, i) => {
      const saved = JSON.stringify(plateau.state());
      plateau = new ReduceOnPlateau(options);
      plateau.loadState(JSON.parse(saved) as ReduceOnPlateauState);
      expect(plateau.step(metric)).toBeCloseTo(learningRates[i], 12);
    });
  });

  it.each([NaN, Infinity, -Infinity])('counts a metric of %d as no better, the first one too', (metric) => {
    const plateau = new ReduceOnPlateau({ start: 1, factor: 0.5, patience: 0 });
    expect([metric, 3, metric, 2].map((x) => plateau.step(x))).toEqual([0.5, 0.5, 0.25, 0.25]);
    expect(plateau.state().best).toBe(2);
  });

  it('refuses options that do not fit', () => {
    const make = (options: object) => () => new ReduceOnPlateau({ start: 1, ...options });
    for (const [name, value] of Object.entries({ start: -1, factor: 1, patience: 1.5, threshold: 1, cooldown: -1 })) {
      expect(make({ [name]: value })).toThrowCode('ARGUMENT', new RegExp(name));
    }
    for (const [name, value] of Object.entries({ better: 'min', thresholdMode: 'rel', minimum: 2, epsilon: -1 })) {
      expect(make({ [name]: value })).toThrowCode('ARGUMENT', new RegExp(name));
    }
    expect(make({ threshold: 2, thresholdMode: 'absolute' })).not.toThrow();
    expect(make({ patiense: 1 })).toThrowCode('OPTION', /Did you mean "patience"/);
    expect(() => new ReduceOnPlateau({} as ReduceOnPlateauOptions)).toThrowCode('ARGUMENT', /start/);
  });

  it('refuses a metric that is no number, and state that is not its own', () => {
    const plateau = new ReduceOnPlateau({ start: 1 });
    const step = (metric: unknown) => () => plateau.step(metric as number);
    for (const metric of ['1', undefined, [1]]) expect(step(metric)).toThrowCode('ARGUMENT', /metric/);
    const before = plateau.state();
    const load = (part: object) => () => plateau.loadState({ ...before, ...part });
    for (const [name, value] of Object.entries({ learningRate: -1, best: NaN, noBetter: -1, cooldown: 0.5 })) {
      expect(load({ [name]: value })).toThrowCode('ARGUMENT', new RegExp(name));
    }
    expect(load({ bad: 1 })).toThrowCode('OPTION');
    expect(plateau.state()).toEqual(before);
  });
});
