// SPDX-License-Identifier: Apache-2.0
// Tests of the rise and the half cosine; golden values of nanoGPT are in the suite of all optimizers.

import '@nabla/testing';

import { warmupCosine } from './warmup-cosine.ts';

describe('warmupCosine', () => {
  it('rises in equal steps, above 0 from the first, to the peak at the end of the warmup', () => {
    const schedule = warmupCosine({ peak: 4, warmupSteps: 3, totalSteps: 10 });
    expect([0, 1, 2, 3].map(schedule)).toEqual([1, 2, 3, 4]);
  });

  it('falls along half a cosine to the minimum, and stays there', () => {
    const schedule = warmupCosine({ peak: 3, warmupSteps: 2, totalSteps: 10, minimum: 1 });
    expect(schedule(4)).toBeCloseTo(2 + Math.SQRT1_2, 12);
    expect(schedule(6)).toBeCloseTo(2, 12);
    expect(schedule(8)).toBeCloseTo(2 - Math.SQRT1_2, 12);
    expect([10, 11, 1e6].map(schedule)).toEqual([1, 1, 1]);
  });

  it('starts at the peak without warmup, and ends at 0 without minimum', () => {
    const schedule = warmupCosine({ peak: 1, totalSteps: 100 });
    expect([schedule(0), schedule(100)]).toEqual([1, 0]);
  });

  it('has a number for every step when the warmup takes all or more of them', () => {
    const all = warmupCosine({ peak: 1, warmupSteps: 2, totalSteps: 2, minimum: 0.5 });
    expect([0, 1, 2].map(all)).toEqual([1 / 3, 2 / 3, 0.5]);
    const more = warmupCosine({ peak: 1, warmupSteps: 3, totalSteps: 2 });
    expect([0, 1, 2, 3].map(more)).toEqual([0.25, 0.5, 0.75, 0]);
  });

  it('refuses options that do not fit', () => {
    const make = (options: object) => () => warmupCosine({ peak: 1, totalSteps: 10, ...options });
    expect(make({ peak: -1 })).toThrowCode('ARGUMENT', /peak/);
    expect(make({ minimum: 2 })).toThrowCode('ARGUMENT', /minimum/);
    expect(make({ totalSteps: 1.5 })).toThrowCode('ARGUMENT', /totalSteps/);
    expect(make({ totalSteps: undefined })).toThrowCode('ARGUMENT', /totalSteps/);
    expect(make({ warmupSteps: -1 })).toThrowCode('ARGUMENT', /warmupSteps/);
    expect(make({ warmup: 5 })).toThrowCode('OPTION', /warmupSteps/);
  });
});
