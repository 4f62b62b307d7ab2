// SPDX-License-Identifier: Apache-2.0
// Calls kernels of the addon by the names of their arguments.

import { createRequire } from 'node:module';

import { root } from '../stage.mjs';

/** The addon of this checkout; throws Node's error where it is not built. */
export function loadAddon() {
  return createRequire(import.meta.url)(`${root}native/build/Release/nabla.node`);
}

/** Runs a kernel on handles, numbers and lists of them. A buffer that is not named is absent, and a number 0. */
export function callKernel(addon, name, values) {
  const description = addon.description.find((kernel) => kernel.name === name);
  const area = new Float64Array(addon.argumentArea);
  let count = 0;
  for (const { name: argument, type } of description.arguments) {
    const value = values[argument] ?? (type === 'buffer' ? -1 : 0);
    const isList = type === 'buffers' || type === 'dims' || type === 'integers';
    for (const number of isList ? [value.length, ...value] : [value]) area[count++] = number;
  }
  addon.kernels[name](count);
}

/**
 * Runs a kernel on arrays: a typed array is a buffer that it reads, `{ out: n }` one of n float32 numbers that it writes. Returns what
 * it wrote, by name.
 */
export function runKernel(addon, name, values) {
  const handles = [];
  const written = [];
  const handleOf = (value, argument) => {
    const isOut = value.out !== undefined;
    const handle = addon.allocate(isOut ? 4 * value.out : value.byteLength);
    handles.push(handle);
    if (isOut) written.push([argument, handle, new Float32Array(value.out)]);
    else addon.write(handle, value);
    return handle;
  };
  const isBuffer = (value) => ArrayBuffer.isView(value) || value?.out !== undefined;
  const call = Object.entries(values).map(([argument, value]) => {
    if (isBuffer(value)) return [argument, handleOf(value, argument)];
    if (Array.isArray(value))
      return [argument, value.map((item) => (isBuffer(item) ? handleOf(item, argument) : item))];
    return [argument, value];
  });
  callKernel(addon, name, Object.fromEntries(call));
  for (const [, handle, array] of written) addon.read(handle, array);
  for (const handle of handles) addon.release(handle);
  return Object.fromEntries(written.map(([argument, , array]) => [argument, array]));
}
