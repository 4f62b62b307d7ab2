// SPDX-License-Identifier: Apache-2.0
// What tests of products in bf16 share: where they run, and the rounding as its definition.

import { type Tensor, cpuTargets, getCpuTarget, setCpuTarget, setDevice, tensor } from '@nabla/core';

import { loadAddon } from './load-addon.ts';

/** The ways in which this processor multiplies in bf16. */
function waysToMultiply(): string[] {
  if (!cpuTargets().includes('avx512')) return [];
  setDevice('cpu');
  const before = getCpuTarget();
  setCpuTarget('avx512');
  const precisions = loadAddon().matmulPrecisions();
  setCpuTarget(before);
  return precisions.filter((precision) => precision.startsWith('bf16 by '));
}

/** Runs a suite where products in bf16 run, on `cpu:avx512`; elsewhere it is left to do. */
export function describeOnBf16(title: string, body: () => void): void {
  if (waysToMultiply().length > 0) describe(title, body);
  else it.todo(`${title}, where the processor has products in bf16`);
}

/** Runs what it is given with products in bf16. */
export type InBf16 = <T>(f: () => T) => T;

/** The same once for each way in which this processor multiplies so. */
export function describeOnEveryBf16(title: string, body: (inBf16: InBf16) => void): void {
  describeOnBf16(title, () => {
    for (const way of waysToMultiply()) describe(way, () => body((f) => inPrecision(way, f)));
  });
}

function inPrecision<T>(precision: string, f: () => T): T {
  const addon = loadAddon();
  expect(addon.setMatmulPrecision(precision)).toBe(true);
  try {
    return f();
  } finally {
    addon.setMatmulPrecision('float32');
  }
}

/** Each number's nearest with 7 bits of fraction, of two the one with an even last bit; subnormal ones become 0. */
export function roundToBf16(x: Tensor): Tensor {
  const values = Float32Array.from(x.dataSync());
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    if (Math.abs(values[i]) < 2 ** -126) values[i] = 0;
    else if (Number.isFinite(values[i])) bits[i] = (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) & 0xffff0000;
  }
  return tensor(values, x.shape);
}

/** Whether every number is one that bf16 has, as all are of a tensor that is stored so: the lower halves of their bits are 0. */
export function isBf16(x: Tensor): boolean {
  return new Uint32Array(Float32Array.from(x.dataSync()).buffer).every((bits) => (bits & 0xffff) === 0);
}
