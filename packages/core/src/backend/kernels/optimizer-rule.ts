// SPDX-License-Identifier: Apache-2.0
// Update rules of optimizers on device cpu: one native call for all tensors.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { type OptimizerRuleAttributes, optimizerRules } from '../definitions/optimizer-rule.ts';
import { nativeKernel } from '../kernel.ts';
import { runOnLists, splitLists } from '../tensor-lists.ts';

const optimizerRuleStep = nativeKernel<readonly TensorInfo[], OptimizerRuleAttributes>('NablaOptimizerRuleStep', {
  run: (inputs, { rule, ...rates }, backend) => {
    const given = splitLists(inputs, 2 + optimizerRules[rule].states);
    // A state that the rule has not is not touched; its place is taken by the parameters.
    const lists = Array.from({ length: 5 }, (_, i) => given[i] ?? given[0]);
    runOnLists(backend, lists, ([parameters, gradients, first, second, third], lengths) => {
      backend.kernels.optimizer_rule_step_f32({
        parameters,
        gradients,
        first,
        second,
        third,
        lengths,
        rule: Object.keys(optimizerRules).indexOf(rule),
        weight_decay: rates.weightDecay,
        beta1: rates.beta1,
        beta2: rates.beta2,
        momentum: rates.momentum,
        step_size: rates.stepSize,
        gradient_size: rates.gradientSize,
        scale: rates.scale,
        epsilon: rates.epsilon,
      });
    });
    return [];
  },
});

export const optimizerRuleKernels: readonly KernelConfig[] = [optimizerRuleStep];
