// SPDX-License-Identifier: Apache-2.0
// How a kernel is written down, for all devices: its name and a function of typed inputs and attributes. The casts from tfjs'
// untyped kernel interface are here and nowhere else.

import { type KernelConfig, type NamedAttrMap, type TensorInfo } from '../tf.ts';
import { runOnHost } from './host-kernel.ts';
import { JS_BACKEND, type JsBackend } from './js-backend.ts';
import type { NativeBackend } from './native-backend.ts';
import type { NativeCalls } from './native-kernels.ts';

export const NATIVE_BACKEND = 'nabla-cpu';
export const CUDA_BACKEND = 'nabla-cuda';

/** The tensors of a kernel call: a record; a few tfjs kernels (AddN, Concat, Pack …) receive an array instead. */
export type KernelInputs = object;

/** A TypeScript definition: the kernel of device js, and what the native devices fall back on. */
export function definition<Inputs extends KernelInputs, Attributes extends object>(
  kernelName: string,
  run: (inputs: Inputs, attributes: Attributes, backend: JsBackend) => TensorInfo | TensorInfo[],
): KernelConfig {
  return {
    kernelName,
    backendName: JS_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) =>
      run(inputs as Inputs, (attrs ?? {}) as Attributes, backend as JsBackend),
  };
}

/** What a native kernel handles: the call is passed on to the definition where `accepts` says no. */
export interface NativeKernel<Inputs extends KernelInputs, Attributes extends object> {
  readonly accepts?: (inputs: Inputs, attributes: Attributes) => boolean;
  /** The native kernels that `run` calls, where a device may lack one: there, the definition takes its place. */
  readonly needs?: readonly (keyof NativeCalls)[];
  readonly run: (inputs: Inputs, attributes: Attributes, backend: NativeBackend) => TensorInfo | TensorInfo[];
}

const needed = new Map<string, readonly (keyof NativeCalls)[]>();

/** The native kernels without which a kernel of {@link nativeKernel} cannot run. */
export function neededBy(kernelName: string): readonly (keyof NativeCalls)[] {
  return needed.get(kernelName) ?? [];
}

/** A kernel of the native devices: registered for each under its own name. What a run that throws had allocated is given back. */
export function nativeKernel<Inputs extends KernelInputs, Attributes extends object>(
  kernelName: string,
  { accepts, needs = [], run }: NativeKernel<Inputs, Attributes>,
): KernelConfig {
  needed.set(kernelName, needs);
  return {
    kernelName,
    backendName: NATIVE_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const native = backend as NativeBackend;
      const attributes = (attrs ?? {}) as NamedAttrMap & Attributes;
      if (accepts?.(inputs as Inputs, attributes) === false) {
        return native.guarded(() => runOnHost(kernelName, inputs, attributes, native), kernelName);
      }
      return native.guarded(() => run(inputs as Inputs, attributes, native), kernelName);
    },
  };
}
