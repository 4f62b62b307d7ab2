// SPDX-License-Identifier: Apache-2.0
// Tests of the storage side of device cpu: what tfjs' own suite does not reach.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { setDevice, setMemoryLimit } from '../device.ts';
import { DeviceError } from '../errors.ts';
import { memory } from '../memory.ts';
import { add, backend, complex, engine, fill, real, softmax, tensor, tensor1d, zeros } from '../tf.ts';
import { addonSearch } from './load-addon.ts';
import type { NativeBackend } from './native-backend.ts';

const search = addonSearch();

if (search.addon === undefined) {
  it('is left out: the addon is not built', () => expect(search.reason).toBeTruthy());
} else {
  const { addon, path } = search;
  const native = (): NativeBackend => backend() as NativeBackend;

  describe('device cpu', () => {
    beforeEach(() => void setDevice('cpu'));

    it('takes over a tensor that was made on another device, and gives it back', () => {
      setDevice('js');
      const x = tensor1d([1, 2, 3]);
      setDevice('cpu');
      const y = add(x, x);
      expect([...y.dataSync()]).toEqual([2, 4, 6]);
      setDevice('js');
      expect([...add(y, y).dataSync()]).toEqual([4, 8, 12]);
    });

    it('reads into an array that owns its whole buffer', () => {
      const values = tensor1d([1, 2, 3]).dataSync();
      expect(values.buffer.byteLength).toBe(12);
    });

    it('copies what it is given: the caller may reuse the array', () => {
      const source = new Float32Array([1, 2]);
      const x = tensor1d(source);
      source[0] = 9;
      expect([...x.dataSync()]).toEqual([1, 2]);
    });

    it('answers a read that is under way after the tensor is gone', async () => {
      const x = tensor1d([5]);
      const values = x.data();
      x.dispose();
      expect([...(await values)]).toEqual([5]);
    });

    it('keeps complex and string tensors', () => {
      const z = complex(tensor1d([1, 2]), tensor1d([3, 4]));
      expect([...z.dataSync()]).toEqual([1, 3, 2, 4]);
      expect([...real(z).dataSync()]).toEqual([1, 2]);
      expect(tensor(['ä', 'b']).dataSync()).toEqual(['ä', 'b']);
    });

    it('frees native memory with the last reference', () => {
      const before = addon.memory().bytes;
      const x = zeros([1000]);
      const shared = x.clone();
      x.dispose();
      expect(addon.memory().bytes).toBe(before + 4000);
      shared.dispose();
      expect(addon.memory().bytes).toBe(before);
    });

    it('gives back what a failed kernel had allocated', () => {
      const ids = native().numDataIds();
      expect(() =>
        native().guarded(() => {
          native().allocate([10], 'float32');
          throw new Error('halfway');
        }, 'Halfway'),
      ).toThrow('halfway');
      expect(native().numDataIds()).toBe(ids);
    });

    it('runs out of memory with a DeviceError and goes on', () => {
      const before = memory().tensors;
      setMemoryLimit(addon.memory().inUse + 1_000_000);
      try {
        expect(() => fill([1000, 1000], 1)).toThrow(DeviceError);
      } finally {
        setMemoryLimit(0);
      }
      expect(memory().tensors).toBeLessThanOrEqual(before); // what earlier tests have forgotten may be gone
      expect(fill([2], 1).dataSync()).toEqual(new Float32Array([1, 1]));
    });

    it('is made and disposed again and again', () => {
      const before = addon.memory().bytes;
      for (let i = 0; i < 50; i++) {
        const made = new (native().constructor as new (a: typeof addon) => NativeBackend)(addon);
        made.write(new Float32Array(100), [100], 'float32');
        made.dispose();
      }
      expect(addon.memory().bytes).toBe(before);
      expect(engine().backendName).toBe('nabla-cpu');
    });
  });

  /** A program in a fresh process that uses the addon by its path. */
  const program = (source: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, ['-e', `const addon = require(${JSON.stringify(path)}); ${source}`], {
      encoding: 'utf8',
    });

  describe('the addon', () => {
    it('lets the process exit with live buffers', () => {
      const { status, stderr } = program('for (let i = 0; i < 100; i++) addon.allocate(1e6);');
      expect([status, stderr]).toEqual([0, '']);
    });

    it('lets process.exit end it at any time', () => {
      expect(program('addon.allocate(1e6); process.exit(7);').status).toBe(7);
    });

    it('runs in several worker threads at once, each with its own buffers, and survives their end', async () => {
      const source = `
        const { parentPort } = require('node:worker_threads');
        const addon = require(${JSON.stringify(path)});
        const area = new Float64Array(addon.argumentArea);
        const [x, y] = [addon.allocate(4e6), addon.allocate(4e6)];
        addon.write(x, new Float32Array(1e6).fill(1));
        for (let i = 0; i < 20; i++) { area.set([x, y, 1000, 1000]); addon.kernels.softmax_f32(4); }
        const out = new Float32Array(1e6);
        addon.read(y, out);
        parentPort.postMessage([addon.memory().buffers, out[0], out[999999]]);`;
      const run = (): Promise<unknown> =>
        new Promise((resolve, reject) => {
          const worker = new Worker(source, { eval: true });
          let answer: unknown;
          worker.on('message', (message) => (answer = message));
          worker.on('error', reject);
          worker.on('exit', () => resolve(answer));
        });
      const one = Math.fround(0.001);
      const expected = [2, expect.closeTo(one, 6), expect.closeTo(one, 6)];
      expect(await Promise.all([run(), run(), run()])).toEqual([expected, expected, expected]);
      setDevice('cpu');
      expect(softmax(tensor1d([0, 0])).dataSync()).toEqual(new Float32Array([0.5, 0.5]));
    });

    it('obeys NABLA_CPU_TARGET and NABLA_MEMORY_LIMIT', () => {
      const environment = { ...process.env, NABLA_CPU_TARGET: 'baseline', NABLA_MEMORY_LIMIT: '64M' };
      const words = ['-p', `const a = require(${JSON.stringify(path)}); a.target() + ' ' + a.memory().limit`];
      const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8', env: environment });
      expect(stdout.trim()).toBe(`baseline ${64 * 1024 * 1024}`);
      expect(join(path, '..')).toContain('Release');
    });

    it.each([
      ['1000', 1000],
      ['1.5K', 1536],
      ['3T', 3 * 2 ** 40],
      ['lots', 0],
      ['64MB', 0],
      ['-1G', 0],
      ['0', 0],
      ['1e30', 0],
    ])('reads %j as a NABLA_MEMORY_LIMIT of %d bytes, and allocates nothing where that is 0', (text, limit) => {
      const attempt = `try { a.allocate(8); 'fine' } catch (error) { error.code + ' ' + error.message }`;
      const source = `const a = require(${JSON.stringify(path)}); a.memory().limit + ' ' + eval(${JSON.stringify(attempt)})`;
      const words = ['-p', source];
      const environment = { ...process.env, NABLA_MEMORY_LIMIT: text };
      const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8', env: environment });
      const expected = 'a number of bytes, or of K, M, G or T (powers of 1024) such as 512M or 1.5G';
      const refusal = `NABLA_MEMORY_LIMIT: expected ${expected}, received "${text}"`;
      expect(stdout.trim()).toBe(`${limit} ${limit === 0 ? `NABLA_MEMORY_LIMIT ${refusal}` : 'fine'}`);
    });
  });
}
