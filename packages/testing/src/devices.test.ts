// SPDX-License-Identifier: Apache-2.0
// Tests of the choice of device.

import { cpuTargets, getDevice } from '@nabla/core';
import { activeDevice, devices, useDevice } from './devices.ts';

describe.each(devices())('useDevice on %s', (device) => {
  useDevice(device);

  it('runs the tests there', () => expect(activeDevice()).toBe(device));

  describe('in a nested describe', () => {
    it('stays there', () => expect(activeDevice()).toBe(device));
  });
});

describe('devices', () => {
  it('are js and every CPU target of this machine', () => {
    expect(devices()).toEqual(['js', ...cpuTargets().map((target) => `cpu:${target}`)]);
  });

  it('are the default one again afterwards', () => expect(getDevice()).toBe(cpuTargets().length === 0 ? 'js' : 'cpu'));
});
