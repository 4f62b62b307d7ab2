// SPDX-License-Identifier: Apache-2.0
// The only calls into the addon. Arguments become numbers in the argument area; native errors become ours.

import { DeviceError, NablaError, NativeError } from '../errors.ts';
import type { KernelDescription, NativeAddon } from './addon.ts';
import { parseDataError } from './data-error.ts';
import type { NativeCalls } from './native-kernels.ts';

/** Every native kernel as a function of named arguments, typed by the generated mirror. */
export type NativeKernels = { readonly [Name in keyof NativeCalls]: (call: NativeCalls[Name]) => void };

/** Makes the callable kernels of an addon. `collect` tells whether it has found memory for a kernel that had none. */
export function bindKernels(addon: NativeAddon, collect: () => boolean = () => false): NativeKernels {
  const area = new Float64Array(addon.argumentArea);
  const bound = addon.description.map((kernel) => [kernel.name, bindKernel(addon, area, kernel, collect)] as const);
  return Object.fromEntries(bound) as NativeKernels; // the mirror was checked against the description at load
}

/** The code of an error that came before the kernel had written anything, so that it can be run again. */
const OUT_OF_MEMORY_BEFORE = 'NABLA_OUT_OF_MEMORY_BEFORE';

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string }).code;
}

function bindKernel(
  addon: NativeAddon,
  area: Float64Array,
  kernel: KernelDescription,
  collect: () => boolean,
): (call: object) => void {
  const run = addon.kernels[kernel.name];
  const names = kernel.arguments.map((argument) => argument.name);
  const isList = kernel.arguments.map(({ type }) => type === 'dims' || type === 'integers' || type === 'buffers');
  return (call) => {
    const values = call as Record<string, unknown>;
    let count = 0;
    for (let i = 0; i < names.length; i++) {
      const value = values[names[i]];
      if (!isList[i]) {
        // Not left to the typed array, which would make 3 of '3' and 0 of null.
        if (typeof value !== 'number') throw wrongType(kernel, names[i], 'a number', value);
        area[count++] = value;
        continue;
      }
      if (!Array.isArray(value)) throw wrongType(kernel, names[i], 'a list', value);
      const items = value as readonly number[];
      area[count++] = items.length;
      for (let j = 0; j < items.length; j++) {
        if (typeof items[j] !== 'number') throw wrongType(kernel, `${names[i]}[${j}]`, 'a number', items[j]);
        area[count++] = items[j];
      }
    }
    try {
      try {
        run(count);
      } catch (error) {
        if (codeOf(error) !== OUT_OF_MEMORY_BEFORE || !collect()) throw error;
        run(count); // its arguments are still in the area
      }
    } catch (error) {
      throw translate(addon, error, { kernel: kernel.name, parameters: call });
    }
  };
}

function wrongType({ name }: KernelDescription, argument: string, expected: string, value: unknown): NativeError {
  const received = value === null ? 'null' : typeof value;
  const message = `${name}: expected ${argument} to be ${expected}, received ${received}.`;
  return new NativeError('CONTRACT', message, { kernel: name, argument });
}

/** Runs `body`, a call of the addon that is not a kernel; its errors are translated. */
export function guardNative<T>(addon: NativeAddon, kernel: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw translate(addon, error, { kernel });
  }
}

/** What an error of the addon is thrown as: a DeviceError (memory), an ArgumentError (bad data) or a NativeError (else). */
export function translate(
  addon: NativeAddon,
  error: unknown,
  facts: { readonly kernel: string; readonly parameters?: object },
): unknown {
  if (error instanceof NablaError) return error;
  const { code = 'NABLA_INTERNAL', message } = error as { code?: string; message: string };
  const details = { ...facts, target: addon.target() };
  if (code === 'NABLA_OUT_OF_MEMORY' || code === OUT_OF_MEMORY_BEFORE) {
    const hint =
      'Use a smaller batch or model, dispose tensors, or raise the limit (NABLA_MEMORY_LIMIT, setMemoryLimit).';
    return new DeviceError(
      'OUT_OF_MEMORY',
      `${message}. ${hint}`,
      { ...details, memory: addon.memory() },
      { cause: error },
    );
  }
  if (code === 'NABLA_MEMORY_LIMIT') return new DeviceError('MEMORY_LIMIT', message, details, { cause: error });
  const dataError = code === 'NABLA_DATA' ? parseDataError(message, error) : undefined;
  if (dataError !== undefined) return dataError;
  return new NativeError(code.replace('NABLA_', ''), `${message} (on ${addon.target()}).`, details, {
    cause: error,
  });
}
