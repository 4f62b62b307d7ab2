// SPDX-License-Identifier: Apache-2.0
// How a native kernel walks over two tensors that are repeated to a common shape.

import { type Shape, broadcastShapes, sameShape, sizeOf } from '../../shape.ts';
import type { TensorInfo } from '../../tf.ts';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeCalls } from '../native-kernels.ts';

/** The native kernels that walk over two operands. */
export type BinaryName = {
  [Name in keyof NativeCalls]: NativeCalls[Name] extends NativeCalls['add_f32'] ? Name : never;
}[keyof NativeCalls];

/** A walk over `shape` with the element strides of both operands, 0 where one is repeated. At least one axis. */
export interface BroadcastWalk {
  readonly shape: readonly number[];
  readonly aStrides: readonly number[];
  readonly bStrides: readonly number[];
}

const FORWARD: readonly number[] = [1];
const REPEATED: readonly number[] = [0];

/** The shape of the result; see {@link broadcastShapes}. */
export function resultShape(op: string, a: Shape, b: Shape): Shape {
  return sameShape(a, b) ? a : broadcastShapes(op, a, b);
}

/**
 * The shortest walk over `a` and `b`, contiguous tensors whose shapes broadcast to `result`: neighbouring axes along which
 * the same operands are repeated become one, so that equal shapes give one axis, and a row added to a matrix two.
 *
 * @example
 * broadcastWalk([8, 4, 6], [6], [8, 4, 6]); // {"shape":[32,6],"aStrides":[6,1],"bStrides":[0,1]}
 */
export function broadcastWalk(a: Shape, b: Shape, result: Shape): BroadcastWalk {
  const size = sizeOf(result);
  const [aSize, bSize] = [sizeOf(a), sizeOf(b)];
  if (size === aSize && size === bSize) return { shape: [size], aStrides: FORWARD, bStrides: FORWARD };
  if (bSize === 1) return { shape: [size], aStrides: FORWARD, bStrides: REPEATED };
  if (aSize === 1) return { shape: [size], aStrides: REPEATED, bStrides: FORWARD };
  const shape: number[] = [];
  const aStrides: number[] = [];
  const bStrides: number[] = [];
  let [aStep, bStep] = [1, 1];
  for (let axis = 1; axis <= result.length; axis++) {
    const length = result[result.length - axis];
    if (length === 1) continue;
    const aRepeats = axis > a.length || a[a.length - axis] === 1;
    const bRepeats = axis > b.length || b[b.length - axis] === 1;
    if (shape.length > 0 && aRepeats === (aStrides[0] === 0) && bRepeats === (bStrides[0] === 0)) {
      shape[0] *= length;
    } else {
      shape.unshift(length);
      aStrides.unshift(aRepeats ? 0 : aStep);
      bStrides.unshift(bRepeats ? 0 : bStep);
    }
    if (!aRepeats) aStep *= length;
    if (!bRepeats) bStep *= length;
  }
  return { shape, aStrides, bStrides };
}

/** `out = kernel(a, b)`, the operands being repeated to the shape of `out`, which may be one of them where the kernel allows it. */
export function runBroadcast(
  backend: NativeBackend,
  kernel: BinaryName,
  a: TensorInfo,
  b: TensorInfo,
  out: TensorInfo,
): void {
  const walk = broadcastWalk(a.shape, b.shape, out.shape);
  backend.kernels[kernel]({
    a: backend.buffer(a),
    b: backend.buffer(b),
    out: backend.buffer(out),
    shape: walk.shape,
    a_strides: walk.aStrides,
    b_strides: walk.bStrides,
  });
}
