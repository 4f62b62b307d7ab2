// SPDX-License-Identifier: Apache-2.0
// Calls our kernels on the active device, with their gradients.

import { type InputGradients, hold, record, unrecorded } from '../tape.ts';
import { type NamedAttrMap, type NamedTensorMap, type Tensor, engine, keep, registerGradient } from '../tf.ts';

/** Runs a kernel with several outputs. */
export function runKernel(kernelName: string, inputs: object, attributes: object = {}): Tensor[] {
  const outputs = engine().runKernel<Tensor | Tensor[]>(
    kernelName,
    inputs as NamedTensorMap,
    attributes as NamedAttrMap,
  );
  return [outputs].flat();
}

/** Runs a kernel with one output. */
export function runKernelForOne(kernelName: string, inputs: object, attributes: object = {}): Tensor {
  return runKernel(kernelName, inputs, attributes)[0];
}

/** How the gradient of one of our kernels is computed. */
export interface Gradient<Attributes extends object> {
  readonly kernelName: string;
  /** Names of the inputs that `gradient` needs, in the order of `saved`; `all` of them where they are an array. */
  readonly savedInputs: readonly string[] | 'all';
  /** For each output, whether `gradient` needs it; they follow the inputs in `saved`. */
  readonly savedOutputs?: readonly boolean[];
  /** Names of float32 inputs that are data and have no gradient. */
  readonly constants?: readonly string[];
  /** From the gradient of the first output to that of each float32 input; a part that is dear is computed when it is asked for. */
  readonly gradient: (
    gradOut: Tensor,
    saved: Tensor[],
    attributes: Attributes,
  ) => Readonly<Record<string, Tensor | (() => Tensor)>>;
}

const gradients = new Map<string, Gradient<object>>();

/** Defines the gradient of one of our kernels, for {@link runFused}. */
export function defineGradient<Attributes extends object>(definition: Gradient<Attributes>): void {
  gradients.set(definition.kernelName, definition as Gradient<object>);
}

/**
 * Runs one of our kernels that has a gradient. Its first output is the result; the others exist for the gradient alone.
 *
 * The op is put on the tape here and not by tfjs, which would clone whatever is saved, and make the backward pass fill a tensor of
 * zeros for every output that nobody differentiates.
 *
 * @param observe  sees all outputs, and nothing that it does is recorded for a gradient
 */
export function runFused(
  kernelName: string,
  inputs: object,
  attributes: object = {},
  observe?: (outputs: readonly Tensor[]) => void,
): Tensor {
  const isTapeOn = engine().isTapeOn();
  const outputs = unrecorded(() => {
    const tensors = runKernel(kernelName, inputs, attributes);
    observe?.(tensors);
    return tensors;
  });
  if (isTapeOn) recordFused(kernelName, inputs as NamedTensorMap, outputs, attributes);
  else for (let i = 1; i < outputs.length; i++) outputs[i].dispose();
  return outputs[0];
}

function recordFused(kernelName: string, inputs: NamedTensorMap, outputs: Tensor[], attributes: object): void {
  const { savedInputs, savedOutputs = [], constants = [], gradient } = gradients.get(kernelName) as Gradient<object>;
  const differentiable: NamedTensorMap = {};
  const saved: Tensor[] = [];
  for (const [name, input] of Object.entries(inputs)) {
    if (input.dtype === 'float32' && !constants.includes(name)) differentiable[name] = input;
    if (savedInputs === 'all' || savedInputs.includes(name)) saved.push(hold(input));
  }
  outputs.forEach((output, i) => {
    if (savedOutputs[i] === true) saved.push(i === 0 ? hold(output) : keep(output));
    else if (i > 0) output.dispose();
  });
  record(kernelName, differentiable, outputs[0], saved, (gradOut) => thunks(gradient(gradOut, saved, attributes)));
}

function thunks(parts: Readonly<Record<string, Tensor | (() => Tensor)>>): InputGradients {
  const entries = Object.entries(parts).map(([name, part]) => [name, typeof part === 'function' ? part : () => part]);
  return Object.fromEntries(entries) as InputGradients;
}

/** How the gradient of a kernel is computed part by part, each where somebody needs it. */
export interface GradientByPart<Attributes extends object> {
  readonly kernelName: string;
  /** Names of the inputs that `gradient` needs, in the order of `saved`; `all` of them where they are an array. */
  readonly savedInputs: readonly string[] | 'all';
  /** For each output, whether `gradient` needs it; they follow the inputs in `saved`. */
  readonly savedOutputs?: readonly boolean[];
  /** From the gradient of the first output to that of each float32 input. */
  readonly gradient: (
    gradOut: Tensor,
    saved: Tensor[],
    attributes: Attributes,
  ) => Readonly<Record<string, () => Tensor>>;
}

/**
 * Defines the gradient of a kernel whose parts are dear: that of a convolution's images is a third of a step, and nobody asks
 * for it in the first layer. Run the kernel with {@link runKernel}; tfjs' registry finds the gradient.
 */
export function defineGradientByPart<Attributes extends object>(definition: GradientByPart<Attributes>): void {
  const { kernelName, savedInputs, savedOutputs, gradient } = definition;
  registerGradient({
    kernelName,
    ...(savedInputs === 'all' ? { saveAllInputs: true } : { inputsToSave: [...savedInputs] }),
    ...(savedOutputs && { outputsToSave: [...savedOutputs] }),
    gradFunc: (gradOut, saved, attributes) => gradient([gradOut].flat()[0], saved, attributes as Attributes & object),
  });
}
