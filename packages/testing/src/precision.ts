// SPDX-License-Identifier: Apache-2.0
// Runs a part of a test in another precision, and the rest in float32 again.

import { type ActivationStorage, type MatmulPrecision, setActivationStorage, setMatmulPrecision } from '@nabla/core';

/** Runs `f` with matrix products in this precision on the active device. */
export function inPrecision<T>(precision: MatmulPrecision, f: () => T): T {
  setMatmulPrecision(precision);
  try {
    return f();
  } finally {
    setMatmulPrecision('float32');
  }
}

/** Runs `f` with activations stored so on the active device. */
export function withActivations<T>(storage: ActivationStorage, f: () => T): T {
  setActivationStorage(storage);
  try {
    return f();
  } finally {
    setActivationStorage('float32');
  }
}
