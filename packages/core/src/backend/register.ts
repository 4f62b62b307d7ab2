// SPDX-License-Identifier: Apache-2.0
// Registers the devices with tfjs-core: the definitions under nabla-js; the native kernels, and the definitions of all others,
// under nabla-cpu when the package is loaded, and under nabla-cuda when that device is asked for.

import { type KernelConfig, engine, getKernelsForBackend, registerBackend, registerKernel } from '../tf.ts';
import type { NativeAddon } from './addon.ts';
import { DataRecordsInIds } from './data-records.ts';
import { definitions } from './definitions/index.ts';
import { hostKernel } from './host-kernel.ts';
import { JS_BACKEND, JsBackend, registerBorrowedKernels } from './js-backend.ts';
import { CUDA_BACKEND, NATIVE_BACKEND, neededBy } from './kernel.ts';
import { kernels } from './kernels/index.ts';
import { addonSearch, checkTarget } from './load-addon.ts';
import { NativeBackend } from './native-backend.ts';
import { warnOfSlowDevice } from './slow-device.ts';

// The highest priority is what tfjs picks when nobody has chosen a device; its own backends have 1 to 3.
const NATIVE_PRIORITY = 20;
const JS_PRIORITY = 10;
const CUDA_PRIORITY = 0; // only who asks for it gets it

const registered = new Set<string>();

/** @throws {DeviceError} NABLA_CPU_TARGET is not a target of this processor (code `TARGET`): never a silent fallback */
export function registerDevices(): void {
  const { addon } = addonSearch();
  const forced = process.env['NABLA_CPU_TARGET'];
  if (addon !== undefined && forced) checkTarget(addon, forced, 'NABLA_CPU_TARGET: ');
  registerBorrowedKernels(new Set(definitions.map(({ kernelName }) => kernelName)));
  for (const kernel of definitions) registerKernel(kernel);
  registerBackend(JS_BACKEND, makeJsBackend, JS_PRIORITY);
  const { state } = engine();
  state.tensorInfo = new DataRecordsInIds(state.tensorInfo);
  if (addon !== undefined) registerNative(NATIVE_BACKEND, addon, NATIVE_PRIORITY);
}

function makeJsBackend(): JsBackend {
  warnOfSlowDevice();
  return new JsBackend();
}

/** Makes device cuda known to tfjs-core, once. */
export function registerCuda(addon: NativeAddon): void {
  if (!registered.has(CUDA_BACKEND)) registerNative(CUDA_BACKEND, addon, CUDA_PRIORITY);
}

function registerNative(backendName: string, addon: NativeAddon, priority: number): void {
  registered.add(backendName);
  const native = nativeKernelsOf(addon);
  for (const kernel of native.values()) registerKernel({ ...kernel, backendName });
  for (const { kernelName } of getKernelsForBackend(JS_BACKEND)) {
    if (!native.has(kernelName)) registerKernel({ kernelName, backendName, kernelFunc: hostKernel(kernelName) });
  }
  registerBackend(backendName, () => new NativeBackend(addon), priority);
}

/** The kernels that an addon computes, by name; all others run their definition. */
export function nativeKernelsOf(addon: NativeAddon): ReadonlyMap<string, KernelConfig> {
  const missing = new Set(addon.missingKernels());
  const complete = kernels.filter(({ kernelName }) => !neededBy(kernelName).some((name) => missing.has(name)));
  return new Map(complete.map((kernel) => [kernel.kernelName, kernel]));
}
