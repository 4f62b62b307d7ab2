// SPDX-License-Identifier: Apache-2.0
// Which device runs: list, choose and describe them.

import { checkInteger, checkOneOf } from './check.ts';
import { DeviceError } from './errors.ts';
import type { NativeAddon, NativeMemory } from './backend/addon.ts';
import { hostRuns } from './backend/host-kernel.ts';
import { indexLooksOnHost } from './backend/index-looks.ts';
import { JS_BACKEND } from './backend/js-backend.ts';
import { CUDA_BACKEND, NATIVE_BACKEND } from './backend/kernel.ts';
import { type AddonSearch, addonSearch, checkTarget, cudaSearch } from './backend/load-addon.ts';
import { nativeKernelsOf, registerCuda, registerDevices } from './backend/register.ts';
import { askForSlowDevice } from './backend/slow-device.ts';
import { registerGradients } from './gradients/index.ts';
import { getBackend, getKernelsForBackend, setBackend } from './tf.ts';

registerDevices();
registerGradients();

/** A device by name. `cpu`: the native addon. `js`: pure TypeScript. `cuda`: an NVIDIA GPU. */
export type DeviceName = 'cpu' | 'js' | 'cuda';

/** The device that was chosen, and why in one line. */
export interface DeviceChoice {
  readonly device: DeviceName;
  readonly reason: string;
}

/** One device of this machine: whether it can run, and what it is or why not. */
export interface DeviceDescription {
  readonly device: DeviceName;
  readonly available: boolean;
  /** What it is; or, when it is not available, why. */
  readonly description: string;
  /** What to do to make it available. */
  readonly hint?: string;
}

const DEVICES: readonly DeviceName[] = ['cpu', 'js', 'cuda'];
const BACKENDS: Readonly<Record<string, string>> = {
  cpu: NATIVE_BACKEND,
  js: JS_BACKEND,
  cuda: CUDA_BACKEND,
};

/** The addon, or a DeviceError that says why there is none. */
function requireAddon(): NativeAddon {
  const search = addonSearch();
  if (search.addon !== undefined) return search.addon;
  throw new DeviceError('DEVICE', `device cpu is not available: ${search.reason}. ${search.hint}`, { device: 'cpu' });
}

/** Every device that Nabla knows, with what it offers here. */
export function listDevices(): DeviceDescription[] {
  return DEVICES.map((device) => describeDevice(device));
}

function describeDevice(device: DeviceName): DeviceDescription {
  if (device === 'js') return { device, available: true, description: 'pure TypeScript, one thread' };
  const search = device === 'cuda' ? cudaSearch() : addonSearch();
  if (search.addon === undefined) {
    return { device, available: false, description: search.reason, hint: search.hint };
  }
  const { addon } = search;
  if (device === 'cuda') {
    const description = `kernels for ${addon.target()}, matrix products by ${addon.matmulLibrary()}`;
    return { device, available: true, description };
  }
  const threads = addon.threads() === 1 ? '1 thread' : `${addon.threads()} threads`;
  return { device, available: true, description: `native kernels for ${addon.target()}, ${threads}` };
}

/**
 * Which device `setDevice('auto')` takes here and why, without taking it: `cpu` where the addon loads, else `js`.
 *
 * @example
 * ['cpu', 'js'].includes(autoDevice().device); // true
 */
export function autoDevice(): DeviceChoice {
  const { available, description, hint } = describeDevice('cpu');
  if (available) return { device: 'cpu', reason: description };
  return { device: 'js', reason: `${describeDevice('js').description}; ${description}. ${hint ?? ''}` };
}

/**
 * Chooses the device on which tensors live and kernels run from now on. `auto` takes `cpu` where the addon loads, else `js`, with a
 * warning on stderr (code `NABLA_SLOW`): it is many times slower. A program that chooses none gets what `auto` takes.
 *
 * @throws {DeviceError} the named device cannot run here (code `DEVICE`): never a silent fallback
 * @example
 * setDevice('js').device; // "js"
 */
export function setDevice(device: DeviceName | 'auto'): DeviceChoice {
  checkOneOf('setDevice', 'device', device, ['auto', ...DEVICES]);
  const choice = device === 'auto' ? autoDevice() : namedDevice(device);
  if (device === 'js') askForSlowDevice();
  void setBackend(BACKENDS[choice.device]); // all backends are made synchronously
  return choice;
}

/** A device by its name, ready to be taken; refused where it cannot run. */
function namedDevice(device: DeviceName): DeviceChoice {
  const { available, description, hint } = describeDevice(device);
  if (!available) {
    throw new DeviceError('DEVICE', `device ${device} is not available: ${description}. ${hint ?? ''}`.trim(), {
      device,
    });
  }
  const { addon } = device === 'cuda' ? cudaSearch() : addonSearch();
  if (device === 'cuda' && addon !== undefined) registerCuda(addon);
  return { device, reason: description };
}

/** The device that is active now. */
export function getDevice(): DeviceName {
  const backend = getBackend();
  const found = Object.entries(BACKENDS).find(([, name]) => name === backend);
  if (found === undefined) {
    throw new DeviceError(
      'DEVICE',
      `the active tfjs backend is "${backend}", which is none of ours. Call setDevice first.`,
    );
  }
  return found[0] as DeviceName;
}

/** CPU targets that this processor can run, best first; empty without the addon. */
export function cpuTargets(): string[] {
  return addonSearch().addon?.targets() ?? [];
}

/** The CPU target whose kernels run. */
export function getCpuTarget(): string {
  return requireAddon().target();
}

/**
 * Runs the kernels of another CPU target from now on, in float32; for tests and measurements.
 *
 * @throws {DeviceError} this processor cannot run it (code `TARGET`), or there is no addon (code `DEVICE`)
 */
export function setCpuTarget(target: string): void {
  const addon = requireAddon();
  checkTarget(addon, target);
  addon.setTarget(target);
}

/** Threads that native kernels use. */
export function getThreads(): number {
  return requireAddon().threads();
}

/** Sets the number of threads; 0 restores NABLA_THREADS, or else the processors of this process. */
export function setThreads(threads: number): void {
  requireAddon().setThreads(threads);
}

/** How the operands of matrix products may be rounded before they are multiplied. */
export const MATMUL_PRECISIONS = ['float32', 'tf32', 'bf16'] as const;
export type MatmulPrecision = (typeof MATMUL_PRECISIONS)[number];

/** How the active device multiplies matrices; see {@link setMatmulPrecision}. */
export function getMatmulPrecision(): MatmulPrecision {
  const precision = activeSearch().addon?.matmulPrecision();
  return MATMUL_PRECISIONS.find((name) => name === precision) ?? 'float32';
}

/**
 * Sets how the active device multiplies matrices from now on, in all workers: `float32` (the default) leaves operands as they
 * are. `bf16` rounds them to 7 bits of fraction: nearly twice as fast on device cpu with AVX512-BF16, three times and more with
 * AMX. `tf32` rounds them to 10 bits, so that the tensor cores of device cuda multiply them many times as fast as float32, with cuBLAS
 * or without; with `bf16` large products (some 2,000 rows and columns), for which it pays to round them beforehand, convolutions (of
 * more than one position; groups with multiples of 8 channels) and attention (of several queries; heads of up to 128, in multiples of 8)
 * are in bf16 there, and other products in tf32. Both round to the nearest, keep the range of float32, NaN and infinities, and sum in
 * float32; tensors stay float32.
 *
 * `matMul`, `linear`, all layers built on them, and their gradients follow it, on cuda convolutions too; recurrent layers and the
 * scores of attention on cpu stay in float32. With `bf16` on cpu, numbers below 2^-126 count as 0, and small products, which would
 * gain nothing, stay in float32. The second operand of products of up to 128 rows, a weight as a rule, is kept in bf16 from its
 * third product on until it is written or freed, so that the few rows of decoding read half as many bytes and are in bf16 too:
 * half as much memory again, counted as in use, given back by {@link trimMemory} and where memory is short. {@link setCpuTarget}
 * restores `float32`.
 *
 * @throws {DeviceError} the active device cannot (code `PRECISION`)
 * @see Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740
 * @see Kalamkar et al. 2019, https://arxiv.org/abs/1905.12322
 * @example
 * setMatmulPrecision('float32');
 */
export function setMatmulPrecision(precision: MatmulPrecision): void {
  checkOneOf('setMatmulPrecision', 'precision', precision, MATMUL_PRECISIONS);
  const device = getDevice();
  const { addon } = activeSearch();
  if (device === 'js' ? precision === 'float32' : addon?.setMatmulPrecision(precision) === true) return;
  const hint =
    'Device cuda has tf32 and bf16; device cpu has bf16 where its target is avx512 and the processor has AVX512-BF16.';
  throw new DeviceError('PRECISION', `setMatmulPrecision: device ${device} cannot multiply in ${precision}. ${hint}`, {
    device,
  });
}

/** How what kernels compute may be stored. */
export const ACTIVATION_STORAGES = ['float32', 'bfloat16'] as const;
export type ActivationStorage = (typeof ACTIVATION_STORAGES)[number];

/** How the active device stores what it computes; see {@link setActivationStorage}. */
export function getActivationStorage(): ActivationStorage {
  return activeSearch().addon?.storesActivationsAsBfloat16() === true ? 'bfloat16' : 'float32';
}

/**
 * Sets how the active device stores activations from now on, in all workers: `float32` (the default), or on device cuda
 * `bfloat16`, half as many bytes: mixed precision training, together with {@link setMatmulPrecision} `bf16` for products of what is not stored so.
 *
 * Tensors stay float32 to the program; only their memory holds the upper 16 bits of each number, rounded to the nearest. With `bfloat16`
 * the results of `matMul`, `linear` and `embedding` are stored so, and of functions of elements, norms, dropout, attention,
 * copies, sums of tensors and the gradients of all these wherever their operands are. Parameters, their gradients, optimizer state, losses, statistics of norms
 * and reductions stay float32, and every kernel computes in float32. A kernel that takes no bf16 gets its operands widened.
 *
 * @throws {DeviceError} the active device cannot (code `PRECISION`)
 * @see Micikevicius et al. 2018, https://arxiv.org/abs/1710.03740
 * @see Kalamkar et al. 2019, https://arxiv.org/abs/1905.12322
 * @example
 * setActivationStorage('float32');
 */
export function setActivationStorage(storage: ActivationStorage): void {
  checkOneOf('setActivationStorage', 'storage', storage, ACTIVATION_STORAGES);
  const { addon } = activeSearch();
  const wanted = storage === 'bfloat16';
  if (addon === undefined ? !wanted : addon.storeActivationsAsBfloat16(wanted)) return;
  const device = getDevice();
  const message = `setActivationStorage: device ${device} stores activations as float32. Use device cuda for ${storage}.`;
  throw new DeviceError('PRECISION', message, { device });
}

/**
 * Sets how many bytes the tensors of the active native device may take. What goes beyond is a DeviceError (code `OUT_OF_MEMORY`), after which the process
 * goes on. 0 restores NABLA_MEMORY_LIMIT, or else what the machine or its control group has. That variable is a number of bytes,
 * or of K, M, G or T, powers of 1024: `512M`, `1.5G`.
 *
 * @throws {DeviceError} there is no addon (code `DEVICE`)
 * @throws {ArgumentError} `bytes` is no integer, or below 0
 */
export function setMemoryLimit(bytes: number): void {
  checkInteger('setMemoryLimit', 'bytes', bytes, { minimum: 0 });
  (activeSearch().addon ?? requireAddon()).setMemoryLimit(bytes);
}

/** Gives the memory that is kept for reuse back to the system; there is none without the addon. */
export function trimMemory(): void {
  activeSearch().addon?.trim();
}

/** Starts the peak of {@link nativeMemory} anew from what is in use now. */
export function resetPeakMemory(): void {
  activeSearch().addon?.resetPeak();
}

/** Memory of the active device's addon, of the CPU's on device js; undefined where it is not loaded. */
export function nativeMemory(): NativeMemory | undefined {
  return activeSearch().addon?.memory();
}

function activeSearch(): AddonSearch {
  return getBackend() === CUDA_BACKEND ? cudaSearch() : addonSearch();
}

/**
 * How often indices were looked at before they were relied on, because the active device did not know them to be in range: what it had
 * been asked before was waited for. What a program writes, and what is moved or chosen from it, or filled, is known.
 */
export function indexLooks(): number {
  return (activeSearch().addon?.indexLooks() ?? 0) + indexLooksOnHost();
}

/** One row of the kernel table: on each device, whether a kernel is native code, TypeScript, or absent. */
export interface KernelRow {
  readonly kernel: string;
  readonly cpu: NativeState;
  readonly js: 'typescript' | 'absent';
  readonly cuda: NativeState;
  /** How often it has run as TypeScript for a device that is native, in this thread, with inputs that were copied to the host. */
  readonly hostRuns: number;
}

type NativeState = 'native' | 'typescript' | 'absent';

/** Kernel × device, as registered with tfjs-core: generated, never written. */
export function kernelTable(): KernelRow[] {
  const onJs = new Set(getKernelsForBackend(JS_BACKEND).map(({ kernelName }) => kernelName));
  const stateOn = ({ addon }: AddonSearch): ((kernel: string) => NativeState) => {
    if (addon === undefined) return () => 'absent';
    const native = nativeKernelsOf(addon);
    return (kernel) => (native.has(kernel) ? 'native' : 'typescript');
  };
  const [onCpu, onCuda] = [stateOn(addonSearch()), stateOn(cudaSearch())];
  const onTfjs = getKernelsForBackend(NATIVE_BACKEND).map(({ kernelName }) => kernelName);
  return [...new Set([...onJs, ...onTfjs])].sort().map((kernel) => ({
    kernel,
    cpu: onCpu(kernel),
    js: onJs.has(kernel) ? 'typescript' : 'absent',
    cuda: onCuda(kernel),
    hostRuns: hostRuns(kernel),
  }));
}
