// SPDX-License-Identifier: Apache-2.0
// What tests of products in bf16 share: where they run, and the rounding as its definition.

import {
  DeviceError,
  type Tensor,
  cpuTargets,
  getCpuTarget,
  setCpuTarget,
  setDevice,
  setMatmulPrecision,
  tensor,
} from '@nabla/core';

/** Whether this processor multiplies in bf16. */
function hasBf16(): boolean {
  if (!cpuTargets().includes('avx512')) return false;
  setDevice('cpu');
  const before = getCpuTarget();
  setCpuTarget('avx512');
  try {
    setMatmulPrecision('bf16');
    return true;
  } catch (error) {
    if (error instanceof DeviceError) return false;
    throw error;
  } finally {
    setCpuTarget(before);
  }
}

/** Runs a suite where products in bf16 run, on `cpu:avx512`; elsewhere one test says that it was left out. */
export function describeOnBf16(title: string, body: () => void): void {
  if (hasBf16()) describe(title, body);
  else it(`${title} are left out: this processor has no products in bf16`, () => expect(hasBf16()).toBe(false));
}

/** `f()` with products in bf16. */
export function inBf16<T>(f: () => T): T {
  setMatmulPrecision('bf16');
  try {
    return f();
  } finally {
    setMatmulPrecision('float32');
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
