// SPDX-License-Identifier: Apache-2.0
// The affine map with its activation in TypeScript: out = activation(x · weightᵀ + bias), or without the transposition.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { type Activation, activationFunctions } from './activation.ts';
import { matrixView, product } from './multiply.ts';

export interface LinearInputs {
  readonly x: TensorInfo; // [...batch, inputs]
  readonly weight: TensorInfo; // [outputs, inputs], or [inputs, outputs]
  readonly bias?: TensorInfo | undefined; // [outputs]
}
export interface LinearAttributes {
  readonly activation: Activation;
  /** Whether weight is [inputs, outputs]; default false. */
  readonly inputsFirst?: boolean;
  /** Whether a gradient may be asked for, so that what goes into the activation is kept; default true. */
  readonly isRecorded?: boolean;
}

/** Whether the kernel gives what goes into the activation besides the result. */
export function givesInput({ activation, isRecorded = true }: LinearAttributes): boolean {
  return isRecorded && savesInput(activation);
}

/** Whether the gradient needs what went into the activation; else the output is enough. */
export function savesInput(activation: Activation): boolean {
  return activationFunctions[activation].saves === 'input';
}

/** The inputs and outputs of a weight. */
export function linearSizes({ shape }: TensorInfo, { inputsFirst = false }: LinearAttributes): [number, number] {
  const [first, second] = shape;
  return inputsFirst ? [first, second] : [second, first];
}

/** → [out `[...batch, outputs]`], and where the activation's gradient needs it what went in, of the same shape */
const linear = definition<LinearInputs, LinearAttributes>('NablaLinear', ({ x, weight, bias }, attributes, backend) => {
  const [inputs, outputs] = linearSizes(weight, attributes);
  const batch = x.shape.slice(0, -1);
  const rows = sizeOf(batch);
  const left = matrixView(backend.floats(x), 0, inputs, false);
  const isTransposed = attributes.inputsFirst !== true;
  const right = matrixView(backend.floats(weight), 0, isTransposed ? inputs : outputs, isTransposed); // [inputs, outputs]
  const into = product(left, right, { m: rows, n: outputs, k: inputs });
  if (bias != null) {
    const shift = backend.floats(bias);
    for (let i = 0; i < into.length; i++) into[i] += shift[i % outputs];
  }
  const shape = [...batch, outputs];
  const { activation } = attributes;
  if (activation === 'none') return [backend.make(shape, 'float32', into)];
  const { value } = activationFunctions[activation];
  const out = into.map((number) => value(number));
  const result = backend.make(shape, 'float32', out);
  return givesInput(attributes) ? [result, backend.make(shape, 'float32', into)] : [result];
});

export const linearDefinitions: readonly KernelConfig[] = [linear];
