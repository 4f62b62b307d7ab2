// SPDX-License-Identifier: Apache-2.0
// Registers both devices with tfjs-core: the definitions under nabla-js; the native kernels, and the definitions of all others,
// under nabla-cpu. Runs once, when the package is loaded.

import { getKernelsForBackend, registerBackend, registerKernel } from '../tf.ts';
import { definitions } from './definitions/index.ts';
import { hostKernel } from './host-kernel.ts';
import { JS_BACKEND, JsBackend, registerBorrowedKernels } from './js-backend.ts';
import { NATIVE_BACKEND } from './kernel.ts';
import { kernels } from './kernels/index.ts';
import { addonSearch, checkTarget } from './load-addon.ts';
import { NativeBackend } from './native-backend.ts';

// The higher priority is what tfjs picks when nobody has chosen a device; its own backends have 1 to 3.
const NATIVE_PRIORITY = 20;
const JS_PRIORITY = 10;

/** Whether a kernel of nabla-cpu is computed natively; the rest run their definition. */
export const nativeKernelNames: ReadonlySet<string> = new Set(kernels.map(({ kernelName }) => kernelName));

/** @throws {DeviceError} NABLA_CPU_TARGET is not a target of this processor (code `TARGET`): never a silent fallback */
export function registerDevices(): void {
  const { addon } = addonSearch();
  const forced = process.env['NABLA_CPU_TARGET'];
  if (addon !== undefined && forced) checkTarget(addon, forced, 'NABLA_CPU_TARGET: ');
  registerBorrowedKernels(new Set(definitions.map(({ kernelName }) => kernelName)));
  for (const kernel of definitions) registerKernel(kernel);
  registerBackend(JS_BACKEND, () => new JsBackend(), JS_PRIORITY);
  if (addon === undefined) return;
  for (const kernel of kernels) registerKernel(kernel);
  for (const { kernelName } of getKernelsForBackend(JS_BACKEND)) {
    if (nativeKernelNames.has(kernelName)) continue;
    registerKernel({ kernelName, backendName: NATIVE_BACKEND, kernelFunc: hostKernel(kernelName) });
  }
  registerBackend(NATIVE_BACKEND, () => new NativeBackend(addon), NATIVE_PRIORITY);
}
