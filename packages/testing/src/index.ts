// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/testing. Importing it teaches `expect` the matchers.

import './matchers.ts';

export { describeOnBf16, describeOnEveryBf16, isBf16, roundToBf16 } from './bf16.ts';
export { assertClose } from './compare-tensors.ts';
export { type CheckGradientOptions, type TensorFunction, checkGradient } from './check-gradient.ts';
export { type Tensors, checkGolden, checkGoldenWith, fromRecord, fromValues, variablesFrom } from './check-golden.ts';
export { checkSecondDerivative } from './check-second-derivative.ts';
export { type GoldenLayer, type LayerRow, checkLayer, layerRow } from './check-layer.ts';
export { type OptimizerRow, checkOptimizer, optimizerRow } from './check-optimizer.ts';
export { checkTrainingSteps } from './check-training-steps.ts';
export {
  type TestDevice,
  activeDevice,
  describeOnCpu,
  describeOnCuda,
  describeOnNative,
  devices,
  selectDevice,
  useDevice,
} from './devices.ts';
export { checkEveryMember } from './every-member.ts';
export {
  type Fixture,
  type FixtureName,
  type Fixtures,
  type ForwardCase,
  type OptimizerCase,
  golden,
} from './golden.ts';
export { failAllocations } from './fail-allocations.ts';
export { COMMIT, type Hub, type Trouble, filesIn, give, sha256, useHub } from './hub.ts';
export { type KernelCall, NO_CHOICE, PLAIN, kernelCall } from './kernel-calls/index.ts';
export {
  Draw,
  type KernelRun,
  type KernelSweep,
  type RunTensor,
  SWEEP_SIZES,
  type ValueKind,
  kernelSweep,
} from './kernel-calls/sweep/index.ts';
export { expectNoLeaks, watchLeaks } from './no-leaks.ts';
export { inPrecision, withActivations } from './precision.ts';
export { type RandomTensorOptions, randomIntegers, randomMask, randomTensor, randomValues } from './random-tensor.ts';
export { describeWithData, sharedDataFolder } from './shared-data.ts';
export { isClose } from './compare.ts';
export type { Expected, NestedNumbers, TensorRecord, TensorValues } from './tensor-values.ts';
export { roundToTf32 } from './tf32.ts';
export { type Tolerance, type ToleranceKind, tolerance } from './tolerances.ts';
export { TRANSPOSITIONS } from './transpositions.ts';
