// SPDX-License-Identifier: Apache-2.0
// Tests of choosing and describing devices.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

import '@nabla/testing';

import { addonPaths, addonSearch, cudaSearch } from './backend/load-addon.ts';
import { registerDevices } from './backend/register.ts';
import {
  MATMUL_PRECISIONS,
  cpuTargets,
  getCpuTarget,
  getDevice,
  getMatmulPrecision,
  kernelTable,
  listDevices,
  setCpuTarget,
  setDevice,
  setMatmulPrecision,
} from './device.ts';
import { add, fill, matMul, range, softmax, tensor1d, tidy, topk } from './tf.ts';

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

  const cuda = cudaSearch();
  if (cuda.addon === undefined) {
    it('refuses cuda with what is missing and what to do', () => {
      const words =
        /device cuda is not available: (the module of CUDA kernels was not loaded\. Tried: |.*driver|.*GPU).*/;
      expect(() => setDevice('cuda')).toThrowCode('DEVICE', words);
      expect(cuda.hint).toMatch(/build-cuda\.mjs|nvidia-smi|NABLA_NATIVE/);
    });
  } else {
    it('runs cuda and says on which GPU', () => {
      expect(setDevice('cuda').reason).toMatch(/compute capability \d+\.\d/);
      expect(getDevice()).toBe('cuda');
      expect([...softmax(tensor1d([0, 0])).dataSync()]).toEqual([0.5, 0.5]);
      setDevice('auto');
    });
  }

  it('refuses unknown names', () => {
    expect(() => setDevice('gpu' as 'cpu')).toThrowCode('ARGUMENT', /"cpu"/);
  });
});

describe('setMatmulPrecision', () => {
  afterAll(() => void setDevice('auto'));

  it.each(hasAddon ? (['js', 'cpu'] as const) : (['js'] as const))('has no tf32 on %s', (device) => {
    setDevice(device);
    setMatmulPrecision('float32');
    const words = new RegExp(`device ${device} cannot multiply in tf32\\. Device cuda has tf32 and bf16`);
    expect(() => setMatmulPrecision('tf32')).toThrowCode('PRECISION', words);
  });

  it('has no bf16 on js', () => {
    setDevice('js');
    expect(() => setMatmulPrecision('bf16')).toThrowCode('PRECISION', /device js cannot multiply in bf16.*AVX512-BF16/);
  });

  it('refuses unknown names', () => {
    expect(() => setMatmulPrecision('float16' as 'tf32')).toThrowCode('ARGUMENT', /"tf32"/);
  });

  if (cudaSearch().addon !== undefined) {
    it.each(MATMUL_PRECISIONS)('multiplies in %s on cuda', (precision) => {
      setDevice('cuda');
      const fine = 1 + 2 ** -12; // one bit more than tf32 has
      const a = fill([512, 512], fine);
      setMatmulPrecision(precision);
      expect(getMatmulPrecision()).toBe(precision);
      const product = matMul(a, a).dataSync()[0] ?? NaN;
      setMatmulPrecision('float32');
      expect(product / 512).toBeCloseTo(precision === 'float32' ? fine ** 2 : 1, 6);
    });
  }

  it('is told, and is float32 at first', () => {
    setDevice('js');
    expect(getMatmulPrecision()).toBe('float32');
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

  it('counts what a native device takes to the host', () => {
    const runs = (kernel: string): number | undefined => kernelTable().find((row) => row.kernel === kernel)?.hostRuns;
    const before = ['TopK', 'Range', 'Add'].map(runs);
    setDevice('auto');
    tidy(() => {
      topk(add(tensor1d([3, 1, 2]), 1), 1);
      range(0, 3);
    });
    const moved = ['TopK', 'Range', 'Add'].map((kernel, i) => Number(runs(kernel)) - Number(before[i]));
    expect(moved).toEqual(hasAddon ? [1, 0, 0] : [0, 0, 0]); // a range has nothing to take there
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
