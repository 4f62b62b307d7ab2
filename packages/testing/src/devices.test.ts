// SPDX-License-Identifier: Apache-2.0
// Tests of the choice of device.

import { cpuTargets, getDevice, listDevices } from '@nabla/core';
import { activeDevice, devices, useDevice } from './devices.ts';

describe.each(devices())('useDevice on %s', (device) => {
  useDevice(device);

  it('runs the tests there', () => expect(activeDevice()).toBe(device));

  describe('in a nested describe', () => {
    it('stays there', () => expect(activeDevice()).toBe(device));
  });
});

describe('devices', () => {
  const wanted = process.env['NABLA_TEST_DEVICES'];
  afterEach(() => {
    if (wanted === undefined) delete process.env['NABLA_TEST_DEVICES'];
    else process.env['NABLA_TEST_DEVICES'] = wanted;
  });

  it('are js, every CPU target of this machine, and cuda where there is a GPU', () => {
    delete process.env['NABLA_TEST_DEVICES'];
    const hasGpu = listDevices().some(({ device, available }) => device === 'cuda' && available);
    const gpu = hasGpu ? ['cuda'] : [];
    expect(devices()).toEqual(['js', ...cpuTargets().map((target) => `cpu:${target}`), ...gpu]);
  });

  it('are those that NABLA_TEST_DEVICES names', () => {
    process.env['NABLA_TEST_DEVICES'] = 'js,nothing';
    expect(devices()).toEqual(['js']);
  });

  const cuda = listDevices().find(({ device }) => device === 'cuda');
  if (cuda?.available === false) {
    it(`leave out cuda: ${cuda.description}`, () => expect(cuda.hint).toBeDefined());
  }

  it('are the default one again afterwards', () => expect(getDevice()).toBe(cpuTargets().length === 0 ? 'js' : 'cpu'));
});
