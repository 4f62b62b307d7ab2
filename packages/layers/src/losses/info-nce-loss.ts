// SPDX-License-Identifier: Apache-2.0
// The cost of not finding one's partner among all others of the batch.

import {
  Tensor,
  add,
  checkBoolean,
  checkFloat,
  checkNumber,
  checkRank,
  checkShape,
  div,
  matMul,
  mul,
  range,
  transpose,
} from '@nabla/core';

import { unitVectors } from '../distances.ts';
import { Module } from '../module.ts';
import { crossEntropy } from './cross-entropy-loss.ts';
import { type LossOptions, checkAlike, checkLossOptions } from './reduction.ts';

export interface InfoNCELossOptions extends LossOptions {
  /** Divides the cosines, above 0; a scalar tensor may be learned. Default 0.07, where CLIP starts. */
  temperature?: number | Tensor;
  /** Whether keys look for their query too, as in CLIP; default false. */
  symmetric?: boolean;
}

function checkInfoNceOptions(op: string, options: InfoNCELossOptions): Required<InfoNCELossOptions> {
  const reduction = checkLossOptions(op, options, ['temperature', 'symmetric']);
  const { temperature = 0.07, symmetric = false } = options;
  if (temperature instanceof Tensor) {
    checkFloat(op, { temperature });
    checkShape(op, 'temperature', temperature, []);
  } else checkNumber(op, 'temperature', temperature, { above: 0 });
  checkBoolean(op, 'symmetric', symmetric);
  return { reduction, temperature, symmetric };
}

/**
 * `-log softmax(cos(query_i, ·) / temperature)[i]` over all keys of the batch, key i being the partner of query i; averaged
 * over the batch. With `symmetric`, the mean of this and of the same with queries and keys exchanged.
 *
 * @param queries `[batch, features]`, float32
 * @param keys    the same shape, float32
 * @returns       a scalar, or with reduction `none` `[batch]`
 * @throws {ShapeError} the shapes differ, or are not `[batch, features]`
 * @see van den Oord, Li & Vinyals 2018, https://arxiv.org/abs/1807.03748; Radford et al. 2021 (CLIP),
 * https://arxiv.org/abs/2103.00020
 * @example
 * infoNceLoss(tensor2d([[1, 0], [0, 1]]), tensor2d([[1, 0], [0, 1]]), { temperature: 1 }); // 0.313262
 */
export function infoNceLoss(queries: Tensor, keys: Tensor, options: InfoNCELossOptions = {}): Tensor {
  const op = 'infoNceLoss';
  const { reduction, temperature, symmetric } = checkInfoNceOptions(op, options);
  checkAlike(op, { queries }, { keys });
  checkRank(op, 'queries', queries, 2);
  const cosines = matMul(unitVectors(queries, LEAST_LENGTH), unitVectors(keys, LEAST_LENGTH), false, true);
  const logits = div(cosines, temperature); // [batch, batch]
  const partners = range(0, queries.shape[0] ?? 0, 1, 'int32');
  const found = crossEntropy(logits, partners, { reduction });
  if (!symmetric) return found;
  return mul(add(found, crossEntropy(transpose(logits), partners, { reduction })), 0.5);
}

/** As PyTorch's `normalize`. */
const LEAST_LENGTH = 1e-12;

/** {@link infoNceLoss} as a module. A `temperature` that is a tensor stays the caller's. */
export class InfoNCELoss extends Module {
  readonly options: Readonly<InfoNCELossOptions>;

  constructor(options: InfoNCELossOptions = {}) {
    super();
    this.options = checkInfoNceOptions('InfoNCELoss', options);
  }

  override forward(queries: Tensor, keys: Tensor): Tensor {
    return infoNceLoss(queries, keys, this.options);
  }
}
