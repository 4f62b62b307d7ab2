// SPDX-License-Identifier: Apache-2.0
// Compares a layer that moves its buffers while training with several recorded steps.

import { type Tensor, dispose, mul, sum, valueAndGrad, variable } from '@nabla/core';
import type { Module } from '@nabla/layers';
import { fromValues } from './check-golden.ts';
import { assertClose } from './compare-tensors.ts';
import type { TrainingStep } from './golden.ts';
import type { TensorValues } from './tensor-values.ts';
import { tolerance } from './tolerances.ts';

/** What was recorded of a layer whose state is loaded already. */
export interface RecordedTraining {
  readonly steps: readonly TrainingStep[];
  /** Of the first step's x in evaluation, after the last step. */
  readonly evaluated: TensorValues;
}

/** Checks output, gradients and buffers of every step, then the output in evaluation; leaves the layer in evaluation. */
export function checkTrainingSteps(
  layer: Module & { forward(x: Tensor): Tensor },
  { steps, evaluated }: RecordedTraining,
): void {
  const limit = tolerance('matmul', 64);
  for (const step of steps) {
    const x = variable(fromValues(step.x));
    const names = Object.keys(step.parameterGradients);
    const parameters = new Map(layer.namedParameters());
    const { gradients } = valueAndGrad(() => {
      const output = layer.forward(x);
      assertClose('output', output, step.output, limit);
      return sum(mul(output, fromValues(step.outputWeights)));
    }, [x, ...names.map((name) => parameters.get(name) as Tensor)]);
    assertClose('gradient of x', gradients[0], step.gradX, limit);
    names.forEach((name, i) =>
      assertClose(`gradient of ${name}`, gradients[i + 1], step.parameterGradients[name], limit),
    );
    const state = layer.stateDict();
    for (const [name, values] of Object.entries(step.buffers)) assertClose(name, state[name], values, limit);
    dispose([x]);
  }
  layer.eval();
  assertClose('output in evaluation', layer.forward(fromValues(steps[0].x)), evaluated, limit);
}
