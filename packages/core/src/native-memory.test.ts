// SPDX-License-Identifier: Apache-2.0
// Tests of the memory of the addon: its statistics, its limit, and what happens when there is no more.

import { addonSearch } from './backend/load-addon.ts';
import type { NativeBackend } from './backend/native-backend.ts';
import { nativeMemory, resetPeakMemory, setDevice, setMemoryLimit, trimMemory } from './device.ts';
import { DeviceError } from './errors.ts';
import { dispose, memory } from './memory.ts';
import { type Tensor, add, backend, complex, fill, matMul, ones, tensor1d, zeros } from './tf.ts';

const { addon } = addonSearch();

if (addon === undefined) {
  describe('without the addon', () => {
    it('there are no statistics, and nothing to give back', () => {
      trimMemory();
      resetPeakMemory();
      expect(nativeMemory()).toBeUndefined();
    });

    it('a limit is refused', () => expect(() => setMemoryLimit(1)).toThrow(DeviceError));
  });
} else {
  const KIBIBYTE = 1024;

  /** Blocks of one size. */
  const blocks = (bytes: number): { inUse: number; cached: number } => {
    const { inUse, cached } = addon.memory().sizeClasses.find((entry) => entry.bytes === bytes) ?? {
      inUse: 0,
      cached: 0,
    };
    return { inUse, cached };
  };

  /** All that the addon has of the system. */
  const taken = (): number => addon.memory().inUse + addon.memory().cached;

  beforeEach(() => {
    setDevice('cpu');
    trimMemory();
    resetPeakMemory();
  });
  afterEach(() => {
    setMemoryLimit(0);
    addon.failAllocationsAfter();
  });

  describe('the statistics', () => {
    it('count what is in use, what is kept for reuse, and the peak, also by size', () => {
      const before = addon.memory();
      const size = blocks(40 * KIBIBYTE);
      const [x, y] = [zeros([10_000]), zeros([10_000])]; // 40000 bytes each, rounded up to 5/4 of 32 KiB
      x.dispose();
      const after = addon.memory();
      expect(after.buffers - before.buffers).toBe(1);
      expect(after.bytes - before.bytes).toBe(40_000);
      expect(after.inUse - before.inUse).toBe(40 * KIBIBYTE);
      expect(after.cached - before.cached).toBe(40 * KIBIBYTE);
      expect(after.peak - before.peak).toBe(80 * KIBIBYTE);
      expect(blocks(40 * KIBIBYTE)).toEqual({ inUse: size.inUse + 1, cached: size.cached + 1 });
      y.dispose();
    });

    it('add up', () => {
      const x = zeros([3, 1000]);
      zeros([70]).dispose();
      const { inUse, cached, sizeClasses } = addon.memory();
      const sum = (of: 'inUse' | 'cached'): number =>
        sizeClasses.reduce((total, entry) => total + entry.bytes * entry[of], 0);
      expect([sum('inUse'), sum('cached')]).toEqual([inUse, cached]);
      const sizes = sizeClasses.map(({ bytes }) => bytes);
      expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
      x.dispose();
    });

    it('begin the peak anew', () => {
      zeros([100_000]).dispose();
      const before = addon.memory();
      expect(before.peak).toBeGreaterThanOrEqual(before.inUse + 400_000);
      resetPeakMemory();
      expect(addon.memory().peak).toBe(before.inUse);
    });

    it('show nothing kept after a trim, and what lives lives on', () => {
      const x = tensor1d([1, 2]);
      zeros([1000]).dispose();
      expect(addon.memory().cached).toBeGreaterThan(0);
      trimMemory();
      expect(addon.memory().cached).toBe(0);
      expect([...add(x, 1).dataSync()]).toEqual([2, 3]);
    });
  });

  describe('blocks of many sizes', () => {
    /** Takes and gives back what a training step on a batch of some length does: activations of each layer, the last freed first. */
    const step = (length: number): void => {
      const made: Tensor[] = [];
      for (let layer = 0; layer < 6; layer++) {
        for (const width of [384, 96, 192, 384]) made.push(zeros([8, length, width]));
      }
      for (const tensor of made.toReversed()) tensor.dispose();
    };
    it('take the memory of the longest batch, whatever comes before and after it', () => {
      const before = taken();
      step(128);
      const longest = taken() - before;
      trimMemory();
      for (let i = 0; i < 30; i++) step(16 + ((i * 37) % 113)); // 16 to 128
      expect(taken() - before).toBeLessThan(1.5 * longest);
    });

    it('are cut from what is free, and joined again', () => {
      const before = taken();
      const parts = Array.from({ length: 4 }, () => zeros([2 ** 18])); // 1 MiB each
      const { cached } = addon.memory();
      for (const part of parts) part.dispose();
      const whole = zeros([2 ** 20]); // 4 MiB: the four are neighbours
      expect(addon.memory().cached).toBe(cached);
      whole.dispose();
      trimMemory();
      expect(taken()).toBe(before);
    });

    it('hold what was written into them while their neighbours come and go', () => {
      const sizes = [70_000, 131_072, 300_001, 65_537, 1_000_000];
      const kept = sizes.map((size, i) => fill([size], i));
      for (let round = 0; round < 20; round++) {
        const i = round % sizes.length;
        kept[i]?.dispose();
        dispose(zeros([sizes[(round * 3) % sizes.length] ?? 0]));
        kept[i] = fill([sizes[i] ?? 0], i);
      }
      kept.forEach((tensor, i) => {
        const values = tensor.dataSync();
        expect([values.length, values.every((value) => value === i)]).toEqual([sizes[i], true]);
      });
      dispose(kept);
    });
  });

  describe('the limit', () => {
    it.each([-1, 0.5, NaN, 2 ** 60])('cannot be %d', (bytes) => {
      expect(() => setMemoryLimit(bytes)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }));
    });

    it('names the op, what it wanted, what is in use and what to do', () => {
      setMemoryLimit(1);
      expect(() => ones([1])).toThrow(); // frees what earlier tests have forgotten
      setMemoryLimit(0);
      const x = ones([1000, 1]);
      const { inUse } = addon.memory();
      setMemoryLimit(inUse + 1_000_000);
      const before = memory();
      let error: unknown;
      try {
        matMul(x, x, false, true); // [1000, 1000]
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(DeviceError);
      expect(error).toMatchObject({
        code: 'OUT_OF_MEMORY',
        message: expect.stringMatching(
          new RegExp(
            `^BatchMatMul: no memory for a buffer of 4000000 bytes: ${inUse} bytes are in use in \\d+ buffers, \\d+ are ` +
              `cached, the limit is ${inUse + 1_000_000}\\. Use a smaller batch .*setMemoryLimit`,
          ),
        ),
        details: { op: 'BatchMatMul', memory: { inUse, limit: inUse + 1_000_000 } },
      });
      expect(memory()).toMatchObject({ tensors: before.tensors, dataBuffers: before.dataBuffers, bytes: before.bytes });
      expect(addon.memory().inUse).toBe(inUse);
      setMemoryLimit(0);
      expect(matMul(x, x, false, true).shape).toEqual([1000, 1000]);
    });

    it.each([
      ['small', 5_000, 7_500],
      ['large', 200_000, 300_000],
    ])('takes back what is kept for reuse before it refuses: %s blocks', (_, before, after) => {
      const limit = Math.ceil(taken() + 1.6 * 4 * after);
      setMemoryLimit(limit);
      zeros([before]).dispose(); // kept
      expect(addon.memory().cached).toBeGreaterThanOrEqual(4 * before);
      const x = zeros([after]); // of another size: both would be too much
      expect(taken()).toBeLessThanOrEqual(limit);
      x.dispose();
    });
  });

  describe('allocations that fail', () => {
    it('are those after as many as were asked for, until there is an end of it', () => {
      addon.failAllocationsAfter(1);
      const made: Tensor[] = [zeros([3])];
      for (let i = 0; i < 2; i++) {
        expect(() => zeros([4])).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
      }
      addon.failAllocationsAfter();
      made.push(zeros([5]));
      for (const tensor of made) tensor.dispose();
    });

    it('leave no half of a complex tensor', () => {
      const [x, y] = [tensor1d([1, 2]), tensor1d([3, 4])];
      const before = addon.memory().buffers;
      for (const successes of [0, 1]) {
        addon.failAllocationsAfter(successes);
        expect(() => complex(x, y)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
        addon.failAllocationsAfter();
        expect(addon.memory().buffers).toBe(before);
      }
      dispose(x, y);
    });

    it('leave a tensor whole that came from another device for the kernel that fails', () => {
      setDevice('js');
      const x = tensor1d([1, 2]);
      setDevice('cpu');
      const native = backend() as NativeBackend;
      const halfway = (): never => {
        native.buffer(x); // moves it
        throw new Error('halfway');
      };
      expect(() => native.guarded(halfway, 'Halfway')).toThrow('halfway');
      expect([...x.dataSync()]).toEqual([1, 2]);
      x.dispose();
    });
  });
}
