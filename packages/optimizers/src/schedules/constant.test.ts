// SPDX-License-Identifier: Apache-2.0
// Tests of the schedule that never changes.

import '@nabla/testing';

import { constantSchedule } from './constant.ts';

describe('constantSchedule', () => {
  it('gives the same learning rate at every step', () => {
    expect([0, 1, 1e9].map(constantSchedule(0.1))).toEqual([0.1, 0.1, 0.1]);
  });

  it('refuses what is no learning rate', () => {
    for (const rate of [-1, NaN, Infinity])
      expect(() => constantSchedule(rate)).toThrowCode('ARGUMENT', /learningRate/);
  });
});
