// SPDX-License-Identifier: Apache-2.0
// Teaches jest's `expect` the matchers of this package; importing @nabla/testing is enough.

import { toBeCloseToTensor } from './matchers/to-be-close-to-tensor.ts';
import { toThrowCode } from './matchers/to-throw-code.ts';
import type { Expected } from './tensor-values.ts';
import type { Tolerance } from './tolerances.ts';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- jest's types can be extended in no other way
  namespace jest {
    interface Matchers<R> {
      /**
       * Compares a tensor with another one, with fixture data, nested lists or a typed array. Shape and element type must be
       * equal where `expected` has them. NaN equals NaN, an infinity only itself. Default: `tolerance('elementwise')`.
       */
      toBeCloseToTensor(expected: Expected, tolerance?: Tolerance): R;
      /** Expects a function to throw, or with `.rejects` a promise to reject with, a NablaError of this code. */
      toThrowCode(code: string, message?: RegExp): R;
    }
  }
}

expect.extend({ toBeCloseToTensor, toThrowCode });
