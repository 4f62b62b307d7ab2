// SPDX-License-Identifier: Apache-2.0
// Calls our kernels on the active device, with their gradients.

import {
  type GradSaveFunc,
  type NamedAttrMap,
  type NamedTensorMap,
  type Tensor,
  customGrad,
  engine,
  registerGradient,
} from '../tf.ts';

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
  /** From the gradient of the first output to the gradient of each float32 input. Computed at once: one kernel gives them all. */
  readonly gradient: (gradOut: Tensor, saved: Tensor[], attributes: Attributes) => Readonly<Record<string, Tensor>>;
}

const gradients = new Map<string, Gradient<object>>();

/** Defines the gradient of one of our kernels, for {@link runFused}. */
export function defineGradient<Attributes extends object>(definition: Gradient<Attributes>): void {
  gradients.set(definition.kernelName, definition as Gradient<object>);
}

/**
 * Runs one of our kernels that has a gradient. Its first output is the result; the others exist for the gradient alone.
 *
 * This goes through customGrad and not through tfjs' registry of gradients, which would make the backward pass fill a tensor of
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
  const { savedInputs, savedOutputs = [], constants = [], gradient } = gradients.get(kernelName) as Gradient<object>;
  const entries = Object.entries(inputs as NamedTensorMap);
  const differentiable = entries.filter(([name, { dtype }]) => dtype === 'float32' && !constants.includes(name));
  const run = customGrad((...received: (Tensor | GradSaveFunc)[]) => {
    const save = received.at(-1) as GradSaveFunc;
    const outputs = runKernel(kernelName, inputs, attributes);
    const needed = entries
      .filter(([name]) => savedInputs === 'all' || savedInputs.includes(name))
      .map(([, input]) => input);
    observe?.(outputs);
    save([...needed, ...outputs.filter((_, i) => savedOutputs[i] === true)]);
    return {
      value: outputs[0],
      gradFunc: (gradOut: Tensor, saved: Tensor[]) => {
        const found = gradient(gradOut, saved, attributes);
        return differentiable.map(([name]) => found[name]);
      },
    };
  });
  return run(...differentiable.map(([, input]) => input));
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
