// SPDX-License-Identifier: Apache-2.0
// What every op that changes tensors in place does first.

import { checkFloat, checkShape } from '../check.ts';
import { NativeBackend } from '../backend/native-backend.ts';
import { ArgumentError } from '../errors.ts';
import { sameShape } from '../shape.ts';
import { type Tensor, backend, reshape, zerosLike } from '../tf.ts';
import { runKernel } from './run.ts';

/**
 * Gives each tensor memory of its own where another one shares it (a clone, a reshaped view, a snapshot), so that a kernel
 * can change it and none of the others. Tensors that share nothing, the usual case, stay as they are.
 */
export function unshare(tensors: readonly Tensor[]): void {
  const active = backend();
  const recorder = active instanceof NativeBackend ? active.recorder : undefined;
  for (const owner of tensors) {
    const isShared = active.refCount(owner.dataId) !== 1; // 0: it lives on another device; the copy is made on this one
    if (isShared) {
      recorder?.refuse('change a tensor that shares its memory');
      giveOwnMemory(owner);
    }
    recorder?.noteChanged(owner.dataId);
  }
}

function giveOwnMemory(owner: Tensor): void {
  const [copy, source] = [zerosLike(owner), reshape(owner, [owner.size])];
  runKernel('NablaCopyInto', { target: copy, source }, { shape: [owner.size], begin: [0] });
  source.dispose();
  [owner.dataId, copy.dataId] = [copy.dataId, owner.dataId];
  copy.dispose(); // gives up the share
}

/**
 * Checks lists that a step walks through side by side.
 *
 * @param lists  by argument name; the first gives count and shapes
 * @throws {ArgumentError} lists of unequal length (code `ARGUMENT`), no tensor (code `TENSOR`)
 * @throws {DTypeError} a tensor is not float32
 * @throws {ShapeError} a tensor differs in shape from that of the first list
 */
export function checkLists(op: string, lists: Readonly<Record<string, readonly Tensor[]>>): void {
  const [[firstName, first]] = Object.entries(lists);
  for (const [name, list] of Object.entries(lists)) {
    if (list.length !== first.length) {
      const expected = `to have ${first.length} tensors, one for each of ${firstName}`;
      throw new ArgumentError({ op, argument: name, expected, received: String(list.length) });
    }
    list.forEach((item, i) => {
      const { shape } = first[i];
      if (item.dtype === 'float32' && sameShape(item.shape, shape)) return; // no message is worded in the usual case
      checkFloat(op, { [`${name}[${i}]`]: item });
      checkShape(op, `${name}[${i}]`, item, shape, `It must match ${firstName}[${i}].`);
    });
  }
}

/** @throws {ArgumentError} a tensor that is to be changed is listed twice (code `ARGUMENT`) */
export function checkDistinct(op: string, lists: Readonly<Record<string, readonly Tensor[]>>): void {
  const seen = new Set<Tensor>();
  for (const [argument, list] of Object.entries(lists)) {
    for (const [i, item] of list.entries()) {
      if (seen.has(item)) {
        throw new ArgumentError({
          op,
          argument,
          expected: 'to be distinct tensors',
          received: `one of them again at ${i}`,
        });
      }
      seen.add(item);
    }
  }
}
