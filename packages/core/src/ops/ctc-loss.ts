// SPDX-License-Identifier: Apache-2.0
// Connectionist temporal classification: checks, the plain formula, the fused kernel and its gradient.

import type { CtcLossAttributes } from '../backend/definitions/ctc-loss.ts';
import type { Reduction } from '../backend/definitions/softmax-cross-entropy.ts';
import { REDUCTIONS } from '../backend/definitions/softmax-cross-entropy.ts';
import {
  checkBoolean,
  checkDtype,
  checkFloat,
  checkInteger,
  checkOneOf,
  checkOptions,
  checkRank,
  checkShape,
  checkTensor,
} from '../check.ts';
import { type Tensor, cast, div, gather, logSumExp, maximum, mean, neg, reshape, stack, sum, tensor } from '../tf.ts';
import { defineGradient, runFused, runKernelForOne } from './run.ts';

export interface CtcLossOptions {
  /** The class that stands for no label; default 0. */
  blank?: number;
  /** `mean` divides each loss by the length of its target before it takes the mean; default `mean`. */
  reduction?: Reduction;
  /** Whether an example that no alignment fits counts 0, gradient too, instead of infinity; default false. */
  zeroInfinity?: boolean;
}

/**
 * The negative logarithm of the probability of a target without knowing at which steps its labels occur:
 * `-log Σ_path Π_step p[step, path[step]]` in nats, over all paths of classes that become the target when repeated classes are
 * merged and blanks dropped. Summed up by the forward-backward algorithm.
 *
 * As in PyTorch but for the layout: here the batch comes first, and the gradient is that of the formula; PyTorch's is right
 * only behind a log-softmax, where both are the same.
 *
 * @param logProbabilities `[batch, time, classes]`, float32
 * @param targets          `[batch, length]`, int32: labels, none of them blank; what follows a target's length does not matter
 * @param inputLengths     `[batch]`, int32: steps of each example, from 0 to time
 * @param targetLengths    `[batch]`, int32: labels of each example, from 0 to length
 * @param options          `blank`, `reduction`, `zeroInfinity`
 * @returns                `[]`, or `[batch]` with reduction `none`; infinity, with gradient NaN, where no path fits
 * @throws {ShapeError} the shapes do not match
 * @throws {DTypeError} `logProbabilities` is not float32, or another tensor is not int32
 * @throws {ArgumentError} a length or a label is out of range (code `DATA`), or `blank` is
 * @see Graves, Fernández, Gomez & Schmidhuber 2006, https://doi.org/10.1145/1143844.1143891
 * @example
 * const lengths = tensor1d([2], 'int32'); // two steps, and one label: the paths 01, 10 and 11
 * ctcLoss(fill([1, 2, 2], Math.log(0.5)), tensor2d([[1]], [1, 1], 'int32'), lengths, onesLike(lengths)); // 0.287682
 */
export function ctcLoss(
  logProbabilities: Tensor,
  targets: Tensor,
  inputLengths: Tensor,
  targetLengths: Tensor,
  options: CtcLossOptions = {},
): Tensor {
  const op = 'ctcLoss';
  checkOptions(op, options, ['blank', 'reduction', 'zeroInfinity']);
  const { blank = 0, reduction = 'mean', zeroInfinity = false } = options;
  checkFloat(op, { logProbabilities });
  checkRank(op, 'logProbabilities', logProbabilities, 3);
  const [batch, , classes] = logProbabilities.shape;
  checkIntegers(op, { targets }, [batch, 'length']);
  checkIntegers(op, { inputLengths, targetLengths }, [batch]);
  checkInteger(op, 'blank', blank, { minimum: 0, maximum: classes - 1 });
  checkOneOf(op, 'reduction', reduction, REDUCTIONS);
  checkBoolean(op, 'zeroInfinity', zeroInfinity);
  const inputs = { logProbabilities, targets, inputLengths, targetLengths };
  return reduce(runFused('NablaCtcLoss', inputs, { blank, zeroInfinity }), targetLengths, reduction);
}

function checkIntegers(
  op: string,
  tensors: Readonly<Record<string, Tensor>>,
  shape: readonly (number | string)[],
): void {
  for (const [argument, value] of Object.entries(tensors)) {
    checkTensor(op, argument, value);
    checkDtype(op, argument, value, 'int32');
    checkShape(op, argument, value, shape, 'There must be one entry for each example of logProbabilities.');
  }
}

function reduce(losses: Tensor, targetLengths: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? sum(losses) : mean(div(losses, maximum(cast(targetLengths, 'float32'), 1)));
}

/** The formula of {@link ctcLoss}, path by path: `classes^time` of them, so for few steps only. Each target must be possible. */
export function plainCtcLoss(
  logProbabilities: Tensor,
  targets: Tensor,
  inputLengths: Tensor,
  targetLengths: Tensor,
  { blank = 0, reduction = 'mean' }: CtcLossOptions = {},
): Tensor {
  const [batch, time, classes] = logProbabilities.shape;
  const [, length] = targets.shape;
  const labels = [...targets.dataSync()];
  const [steps, lengths] = [inputLengths.dataSync(), targetLengths.dataSync()];
  const flat = reshape(logProbabilities, [-1]);
  const losses = Array.from({ length: batch }, (_, row) => {
    const target = labels.slice(row * length, row * length + lengths[row]).join();
    const fitting = pathsOf(steps[row], classes).filter((path) => collapse(path, blank).join() === target);
    const places = fitting.map((path) => path.map((label, step) => (row * time + step) * classes + label));
    return neg(logSumExp(sum(gather(flat, tensor(places, [places.length, steps[row]], 'int32')), -1)));
  });
  return reduce(stack(losses), targetLengths, reduction);
}

/** All sequences of `steps` classes. */
function pathsOf(steps: number, classes: number): number[][] {
  if (steps === 0) return [[]];
  const shorter = pathsOf(steps - 1, classes);
  return shorter.flatMap((path) => Array.from({ length: classes }, (_, label) => [...path, label]));
}

/** A path without repetitions and then without blanks. */
function collapse(path: readonly number[], blank: number): number[] {
  return path.filter((label, step) => label !== blank && label !== path[step - 1]);
}

defineGradient<CtcLossAttributes>({
  kernelName: 'NablaCtcLoss',
  savedInputs: ['logProbabilities', 'targets', 'inputLengths', 'targetLengths'],
  savedOutputs: [false, true],
  gradient: (gradOut, [logProbabilities, targets, inputLengths, targetLengths, alpha], attributes) => ({
    logProbabilities: runKernelForOne(
      'NablaCtcLossGrad',
      { gradOut, logProbabilities, targets, inputLengths, targetLengths, alpha },
      attributes,
    ),
  }),
});
