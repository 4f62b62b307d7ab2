// SPDX-License-Identifier: Apache-2.0
// Watching which kernels a computation runs, on which tensors.

import { type NamedAttrMap, type NamedTensorMap, type Tensor, engine } from './tf.ts';

/** Sees a kernel before it runs. Inputs are a record or, of a few kernels, an array; optional ones may be missing. */
export type KernelObserver = (kernelName: string, inputs: object, attributes: object) => void;

const observers = new Set<KernelObserver>();

/** Whether somebody watches. */
export function isObserved(): boolean {
  return observers.size > 0;
}

/**
 * Runs `f` and shows every kernel that it runs, in forward and backward passes alike, to `observer`. Where nobody watches, a
 * kernel costs nothing more: the engine's own method is replaced only meanwhile.
 */
export function observeKernels<T>(observer: KernelObserver, f: () => T): T {
  if (observers.size === 0) hook();
  observers.add(observer);
  try {
    return f();
  } finally {
    observers.delete(observer);
    if (observers.size === 0) Reflect.deleteProperty(engine(), 'runKernel'); // the method of the class shows again
  }
}

function hook(): void {
  const target = engine();
  const runKernel = target.runKernel.bind(target);
  target.runKernel = <T extends Tensor | Tensor[]>(
    kernelName: string,
    inputs: NamedTensorMap,
    attributes?: NamedAttrMap,
  ): T => {
    for (const observer of observers) observer(kernelName, inputs, attributes ?? {});
    return runKernel<T>(kernelName, inputs, attributes);
  };
}
