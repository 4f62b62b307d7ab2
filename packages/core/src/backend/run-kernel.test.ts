// SPDX-License-Identifier: Apache-2.0
// Tests of the seam to the addon: whatever JavaScript passes, no memory outside the buffers passed is read or written.

import fc from 'fast-check';

import { ArgumentError, DeviceError, NativeError } from '../errors.ts';
import type { KernelDescription, NativeAddon } from './addon.ts';
import { addonSearch } from './load-addon.ts';
import { nativeKernels } from './native-kernels.ts';
import { bindKernels, guardNative } from './run-kernel.ts';

const { addon } = addonSearch();

/** Numbers that have broken bounds checks before: the edges of integers, what is none, and small sizes that may just fit. */
const numbers = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.constantFrom(-1, 0.5, NaN, Infinity, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 62, 1e300, -(2 ** 53)),
);
const lists = fc.array(numbers, { maxLength: 9 });

/** A call with arguments of the right names and arbitrary values; buffers are positions in a list of handles. */
function callOf(kernel: KernelDescription): fc.Arbitrary<Record<string, number | number[]>> {
  const handles = fc.integer({ min: 0, max: 11 });
  const values = kernel.arguments.map(({ name, type }) => {
    const handle = type === 'buffer' ? handles : type === 'buffers' ? fc.array(handles, { maxLength: 3 }) : undefined;
    const number = type === 'dims' || type === 'integers' ? lists : numbers;
    return [name, handle ?? number] as const;
  });
  return fc.record(Object.fromEntries(values));
}

/** Twelve handles: buffers of 0 to 256 bytes, an absent one, and one that was released. */
function makeHandles(native: NativeAddon): number[] {
  const live = [0, 4, 4, 16, 16, 36, 64, 64, 144, 256].map((bytes) => {
    const handle = native.allocate(bytes);
    native.write(handle, new Uint8Array(bytes)); // not what an earlier test left there: it may be indices
    return handle;
  });
  const stale = native.allocate(256);
  native.release(stale);
  return [...live, -1, stale];
}

if (addon === undefined) {
  it('is left out: the addon is not built', () => expect(addonSearch()).toHaveProperty('reason'));
} else {
  const native = addon;
  const kernels: Record<string, (call: never) => void> = { ...bindKernels(native) };

  describe('calls into the addon', () => {
    it.each(native.description.map((kernel) => [kernel.name, kernel] as const))(
      'of %s run or are refused, and leave every other buffer as it was',
      (name, kernel) => {
        const handles = makeHandles(native);
        const canaries = Array.from({ length: 8 }, () => native.allocate(256));
        const pattern = new Uint8Array(256).fill(0xa5);
        for (const canary of canaries) native.write(canary, pattern);
        fc.assert(
          fc.property(callOf(kernel), (values) => {
            const call = Object.fromEntries(
              kernel.arguments.map(({ name: argument, type }) => {
                const value = values[argument];
                if (type === 'buffer') return [argument, handles[value as number]];
                return [argument, type === 'buffers' ? (value as number[]).map((i) => handles[i]) : value];
              }),
            );
            try {
              kernels[name](call as never);
            } catch (error) {
              if (error instanceof ArgumentError) return; // for an index that a buffer holds
              expect(error).toBeInstanceOf(NativeError);
              expect((error as NativeError).message).toContain(name);
            }
          }),
          { numRuns: 300, seed: 1 },
        );
        const seen = new Uint8Array(256);
        for (const canary of canaries) {
          native.read(canary, seen);
          expect(seen).toEqual(pattern);
          native.release(canary);
        }
        for (const handle of handles.slice(0, 10)) native.release(handle);
      },
    );

    it('say which argument is wrong and what was expected', () => {
      const [small] = [native.allocate(8)];
      const call = { in: small, out: small, rows: 2, columns: 3 };
      expect(() => kernels['softmax_f32'](call as never)).toThrow(
        /softmax_f32: expected buffer in of at least 24 bytes, received 8 \(on \w+\)/,
      );
      native.release(small);
    });

    it('refuse indices that the kernel would write over after it has checked them', () => {
      const [table, labels, loss, out] = [8, 8, 8, 8].map((bytes) => native.allocate(bytes));
      native.write(labels, new Int32Array(2));
      const call = {
        in: table,
        labels,
        loss,
        maximum: labels,
        inverse_sum: out,
        rows: 2,
        columns: 1,
        reduction: 0,
      };
      expect(() => kernels['softmax_cross_entropy_f32'](call as never)).toThrow(
        /softmax_cross_entropy_f32: received one buffer as labels and as maximum, which the kernel writes/,
      );
      for (const handle of [table, labels, loss, out]) native.release(handle);
    });

    it('are not kept busy by sizes that no buffer bounds', () => {
      const buffer = native.allocate(16);
      const attention = { query: -1, key: -1, value: -1, mask: -1, bias: -1, out: -1, log_sum_exp: buffer };
      const sizes = { batch: 1, heads: 1, key_heads: 1, query_time: 1, key_time: 2 ** 50, head_size: 0, value_size: 0 };
      const others = { causal: 0, mask_strides: [], bias_strides: [], scale: 1, dropout: 0, seed: 0, offset: 0 };
      expect(() => kernels['attention_f32']({ ...attention, ...sizes, ...others } as never)).toThrow(
        /expected key_time without features at most 1048576, received 1125899906842624/,
      );

      const absent = (kernel: string): Record<string, number> =>
        Object.fromEntries(
          (nativeKernels.find(({ name }) => name === kernel)?.arguments ?? [])
            .filter(({ type }) => type === 'buffer')
            .map(({ name }) => [name, -1]),
        );
      const [keys, gradKeys] = [native.allocate(4), native.allocate(4)];
      const noQueries = { ...sizes, heads: 2 ** 50, query_time: 0, key_time: 1, head_size: 1 };
      const buffers = { ...absent('attention_grad_f32'), key: keys, grad_key: gradKeys };
      kernels['attention_grad_f32']({ ...buffers, ...noQueries, ...others } as never);

      const weights = Object.fromEntries(
        ['weight_ih', 'weight_hh'].flatMap((name) => [
          [name, buffer],
          [`grad_${name}`, native.allocate(4)],
        ]),
      );
      const biases = { grad_bias_ih: native.allocate(4), grad_bias_hh: native.allocate(4) };
      const noRows = { batch: 0, time: 2 ** 50, features: 1, hidden: 1, kind: 0, reverse: 0, has_bias: 0, lengths: [] };
      kernels['recurrent_grad_f32']({ ...absent('recurrent_grad_f32'), ...weights, ...biases, ...noRows } as never);
      for (const handle of [gradKeys, ...Object.values(biases)]) {
        const gradient = new Float32Array([7]);
        native.read(handle, gradient);
        expect(gradient).toEqual(new Float32Array([0]));
      }
      const used = [keys, gradKeys, ...Object.values(weights), ...Object.values(biases)];
      for (const handle of new Set(used)) native.release(handle);
    });

    it('turn a lack of memory into a DeviceError with size and statistics, and the process goes on', () => {
      const before = native.memory();
      const allocate = (): number => guardNative(native, 'allocate', () => native.allocate(2 ** 50));
      expect(allocate).toThrow(DeviceError);
      expect(allocate).toThrow(/1125899906842624 bytes.*limit/);
      expect(native.memory().buffers).toBe(before.buffers);
    });

    it('honour the memory limit and go on when it is raised', () => {
      native.trim();
      native.setMemoryLimit(native.memory().inUse + 1_000_000);
      expect(() => native.allocate(2_000_000)).toThrow(/no memory/);
      native.setMemoryLimit(0);
      native.release(native.allocate(2_000_000));
    });

    it('run again where memory was found that they lacked before they began', () => {
      const count = 100_000;
      const [stored, out] = [native.allocateBfloat16(4 * count), native.allocate(4 * count)]; // zeros, to be widened
      const limit = (bytes: number): void => native.setMemoryLimit(native.memory().inUse + bytes);
      let asked = 0;
      const bound = bindKernels(native, () => {
        asked += 1;
        if (asked === 1) return false;
        native.setMemoryLimit(0);
        return true;
      });
      const call = { in: stored, out, count };
      try {
        limit(count);
        expect(() => bound.exp_f32(call)).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
        bound.exp_f32(call);
        const values = new Float32Array(count);
        native.read(out, values);
        expect(values.every((value) => value === 1)).toBe(true);
        expect(asked).toBe(2);
      } finally {
        native.setMemoryLimit(0);
        native.release(stored);
        native.release(out);
      }
    });

    it('notice a handle that was released and given out again', () => {
      const first = native.allocate(64);
      native.release(first);
      const second = native.allocate(64);
      expect(() => native.read(first, new Uint8Array(64))).toThrow(/released or never existed/);
      native.release(second);
    });
  });
}
