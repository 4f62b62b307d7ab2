// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/core.

export {
  ACTIVATION_STORAGES,
  type ActivationStorage,
  MATMUL_PRECISIONS,
  type DeviceChoice,
  type DeviceDescription,
  type DeviceName,
  type KernelRow,
  type MatmulPrecision,
  autoDevice,
  cpuTargets,
  getActivationStorage,
  getCpuTarget,
  getDevice,
  getMatmulPrecision,
  getThreads,
  indexLooks,
  kernelTable,
  listDevices,
  nativeMemory,
  resetPeakMemory,
  setActivationStorage,
  setCpuTarget,
  setDevice,
  setMatmulPrecision,
  setMemoryLimit,
  setThreads,
  trimMemory,
} from './device.ts';
export {
  ArgumentError,
  DTypeError,
  DeviceError,
  type ErrorDetails,
  NablaError,
  NativeError,
  ShapeError,
  formatShape,
  nearest,
  suggest,
} from './errors.ts';
export { Recording } from './recording.ts';
export {
  checkBoolean,
  checkDtype,
  checkFloat,
  checkInstance,
  checkInteger,
  checkName,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkRank,
  checkShape,
  checkSizes,
  checkSynchronous,
  checkTensor,
  checkText,
} from './check.ts';
export { describeValue } from './describe-value.ts';
export { normalizeAxis } from './shape.ts';
export { makeFolder } from './make-folder.ts';
export {
  GradientAccumulator,
  type ValueAndGradOptions,
  type ValueAndGradients,
  noGrad,
  valueAndGrad,
} from './autodiff.ts';
export { grad, grads } from './grad.ts';
export { checkpoint, isRecomputing } from './checkpoint.ts';
export { type Counted, countFlops } from './count-flops.ts';
export * from './initializers/index.ts';
export type { NativeMemory, SizeClass } from './backend/addon.ts';
export { type Leak, type LeakReport, trackLeaks, trackLeaksAsync } from './leaks.ts';
export { nameOfTensor, nameTensor } from './tensor-names.ts';
import './tensor-text.ts';
export { type MemoryStatistics, dispose, memory, scope, scopeAsync } from './memory.ts';
export * from './ops/index.ts';
export * from './pytorch/index.ts';
export * from './safetensors/index.ts';
export { Generator, type GeneratorState } from './random.ts';

// Tensors and the operations of tfjs-core that go with ours.
export * from './tensors.ts';
