// SPDX-License-Identifier: Apache-2.0
// Compares a function or a module with golden values: its output, and the gradient of every input and parameter.

import { type DataType, type Tensor, type Variable, dispose, scope, tensor, variable } from '@nabla/core';
import { assertClose } from './compare-tensors.ts';
import type { ForwardCase } from './golden.ts';
import { weightedGradients } from './gradients.ts';
import type { TensorRecord, TensorValues } from './tensor-values.ts';
import { type Tolerance, tolerance } from './tolerances.ts';

/** Tensors by name, on the active device. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** Variables by name, on the active device. */
export type Variables = Readonly<Record<string, Variable>>;

/** A tensor of the active device with recorded values. */
export function fromValues({ shape, dtype, values }: TensorValues): Tensor {
  return tensor(Array.from(values), [...shape], dtype as DataType);
}

/** {@link fromValues} for several tensors. */
export function fromRecord(record: TensorRecord): Record<string, Tensor> {
  return mapValues(record, fromValues);
}

/** Variables with the recorded values; the caller disposes of them. */
export function variablesFrom(record: TensorRecord): Record<string, Variable> {
  return scope(() => mapValues(record, (values) => variable(fromValues(values))));
}

/**
 * Checks `f` against one case of a fixture, forward and backward.
 *
 * @param f      receives the recorded inputs and parameters by name
 * @param limit  default: a sum of 64 products
 * @example
 * it.each(golden('embedding').cases)('equals PyTorch: $name', (recorded) => {
 *   checkGolden(recorded, ({ indices }, { weight }) => embedding(weight, indices));
 * });
 */
export function checkGolden(
  recorded: ForwardCase<unknown>,
  f: (inputs: Tensors, parameters: Tensors) => Tensor,
  limit: Tolerance = tolerance('matmul', 64),
): void {
  const parameters = variablesFrom(recorded.parameters);
  try {
    checkGoldenWith(parameters, recorded, (inputs) => f(inputs, parameters), limit);
  } finally {
    dispose(Object.values(parameters));
  }
}

/** {@link checkGolden} for a function that already holds its parameters, by the fixture's names: a module. */
export function checkGoldenWith(
  parameters: Variables,
  recorded: ForwardCase<unknown>,
  f: (inputs: Tensors) => Tensor,
  limit: Tolerance = tolerance('matmul', 64),
): void {
  const { inputGradients, parameterGradients, outputWeights } = recorded;
  const watched = variablesFrom(pick(recorded.inputs, Object.keys(inputGradients)));
  const variables = [...Object.values(watched), ...Object.keys(parameterGradients).map((name) => parameters[name])];
  const expected = [...Object.entries(inputGradients), ...Object.entries(parameterGradients)];
  try {
    scope(() => {
      const inputs = { ...fromRecord(recorded.inputs), ...watched };
      assertClose('output', f(inputs), recorded.output, limit);
      const gradients = weightedGradients(() => f(inputs), fromValues(outputWeights), variables);
      expected.forEach(([name, values], i) => assertClose(`gradient of ${name}`, gradients[i], values, limit));
    });
  } finally {
    dispose(Object.values(watched));
  }
}

function pick(record: TensorRecord, names: readonly string[]): TensorRecord {
  return Object.fromEntries(names.map((name) => [name, record[name]]));
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, f: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]));
}
