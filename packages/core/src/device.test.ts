// SPDX-License-Identifier: Apache-2.0
// Tests of choosing and describing devices.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import '@nabla/testing';

import { addonPaths, addonSearch } from './backend/load-addon.ts';
import { registerDevices } from './backend/register.ts';
import { cpuTargets, getCpuTarget, getDevice, kernelTable, listDevices, setCpuTarget, setDevice } from './device.ts';
import { softmax, tensor1d } from './tf.ts';

const hasAddon = addonSearch().addon !== undefined;

describe('setDevice', () => {
  it('chooses cpu where the addon loads, else js, and says why', () => {
    const choice = setDevice('auto');
    expect(choice.device).toBe(hasAddon ? 'cpu' : 'js');
    expect(choice.reason).toMatch(hasAddon ? /native kernels for \w+, \d+ threads?/ : /pure TypeScript.*addon/);
    expect(getDevice()).toBe(choice.device);
  });

  it('runs js when asked to', () => {
    expect(setDevice('js')).toEqual({ device: 'js', reason: 'pure TypeScript, one thread' });
    expect([...softmax(tensor1d([0, 0])).dataSync()]).toEqual([0.5, 0.5]);
  });

  it('refuses cuda with what is missing', () => {
    expect(() => setDevice('cuda')).toThrowCode(
      'DEVICE',
      /device cuda is not available: this build has no CUDA kernels/,
    );
  });

  it('refuses unknown names', () => {
    expect(() => setDevice('gpu' as 'cpu')).toThrowCode('ARGUMENT', /"cpu"/);
  });
});

describe('listDevices', () => {
  it('describes all three, with a hint for what is absent', () => {
    const devices = listDevices();
    expect(devices.map(({ device }) => device)).toEqual(['cpu', 'js', 'cuda']);
    for (const { available, hint } of devices) expect(available || hint !== undefined).toBe(true);
  });
});

describe('kernelTable', () => {
  it('has every kernel on js, and on cpu where the addon loads', () => {
    const table = kernelTable();
    expect(table.length).toBeGreaterThan(170);
    expect(table.filter(({ js }) => js === 'absent')).toEqual([]);
    expect(table.filter(({ cpu }) => cpu === 'absent')).toEqual(hasAddon ? [] : table);
  });
});

if (hasAddon) {
  describe('setCpuTarget', () => {
    afterAll(() => setCpuTarget(cpuTargets()[0]));

    it.each(cpuTargets())('runs the kernels of %s', (target) => {
      setCpuTarget(target);
      expect(getCpuTarget()).toBe(target);
    });

    it('refuses what this processor cannot run', () => {
      expect(() => setCpuTarget('avx10')).toThrowCode('TARGET', /cannot run on this processor/);
    });
  });

  describe('NABLA_CPU_TARGET', () => {
    const before = process.env['NABLA_CPU_TARGET'];
    afterEach(() => {
      delete process.env['NABLA_CPU_TARGET'];
      if (before !== undefined) process.env['NABLA_CPU_TARGET'] = before;
    });

    it.each(cpuTargets())('forces the kernels of %s', (target) => {
      const [path] = addonPaths().filter((file) => existsSync(file));
      const code = `console.log(require(${JSON.stringify(path)}).target())`;
      const env = { ...process.env, NABLA_CPU_TARGET: target };
      expect(execFileSync(process.execPath, ['-e', code], { env, encoding: 'utf8' }).trim()).toBe(target);
    });

    it('is refused when this processor cannot run it', () => {
      process.env['NABLA_CPU_TARGET'] = 'avx10';
      expect(registerDevices).toThrowCode(
        'TARGET',
        /^NABLA_CPU_TARGET: CPU target "avx10" cannot run on this processor\. .*avx/,
      );
    });
  });
}
