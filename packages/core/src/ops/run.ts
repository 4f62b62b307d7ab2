// SPDX-License-Identifier: Apache-2.0
// Calls our kernels on the active device, with their gradients.

import { differentiate, onOwnTape } from '../autodiff.ts';
import { ArgumentError } from '../errors.ts';
import { isObserved } from '../observe-kernels.ts';
import { type InputGradients, hold, record, unrecorded } from '../tape.ts';
import {
  type KernelConfig,
  type NamedAttrMap,
  type NamedTensorMap,
  Tensor,
  type TensorInfo,
  backend,
  clone,
  engine,
  env,
  getKernel,
  keep,
  zerosLike,
} from '../tf.ts';

/** The kernels that ran directly, of one backend: tfjs would make a key of both names for every look at its table. */
const found = { backendName: '', kernels: new Map<string, KernelConfig>() };

function kernelOf(kernelName: string, backendName: string): KernelConfig | undefined {
  if (found.backendName !== backendName) {
    found.backendName = backendName;
    found.kernels.clear();
  }
  const known = found.kernels.get(kernelName);
  if (known !== undefined) return known;
  const kernel = getKernel(kernelName, backendName) as KernelConfig | undefined;
  if (kernel !== undefined) found.kernels.set(kernelName, kernel);
  return kernel;
}

/** Runs a kernel with several outputs. */
export function runKernel(kernelName: string, inputs: object, attributes: object = {}): Tensor[] {
  const tensors = inputs as NamedTensorMap;
  const attrs = attributes as NamedAttrMap;
  const { state, backendName } = engine();
  // Where nothing is recorded, timed or watched, the engine would only wrap the call; a microsecond, which small networks feel.
  const isPlain = !engine().isTapeOn() && !state.profiling && !isObserved() && !env().getBool('DEBUG');
  const kernel = isPlain ? kernelOf(kernelName, backendName) : undefined;
  const outputs =
    kernel === undefined
      ? engine().runKernel<Tensor | Tensor[]>(kernelName, tensors, attrs)
      : kernel.kernelFunc({ inputs: tensors, attrs, backend: backend() });
  return Array.isArray(outputs) ? outputs.map(asTensor) : [asTensor(outputs)];
}

function asTensor(output: TensorInfo): Tensor {
  return output instanceof Tensor ? (output as Tensor) : engine().makeTensorFromTensorInfo(output);
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
  /** For each output, whether `gradient` needs it, which attributes may decide; they follow the inputs in `saved`. */
  readonly savedOutputs?: readonly boolean[] | ((attributes: Attributes) => readonly boolean[]);
  /** Names of float32 inputs that are data and have no gradient. */
  readonly constants?: readonly string[];
  /**
   * From the gradient of the first output to that of each float32 input. A part that is dear is a function, called where somebody
   * asks for it: the gradient of a convolution's images is a third of a step, and the first layer needs none.
   */
  readonly gradient: (
    gradOut: Tensor,
    saved: Tensor[],
    attributes: Attributes,
  ) => Readonly<Record<string, Tensor | (() => Tensor)>>;
  /**
   * The formula, op by op, of the inputs by their names: for derivatives of higher order, where the gradient is recorded in its
   * turn. Needed where `gradient` runs a kernel that has no gradient itself, which attributes may decide.
   */
  readonly plain?: (attributes: Attributes) => Formula | undefined;
}

type Formula = (inputs: NamedTensorMap) => Tensor;

const gradients = new Map<string, Gradient<object>>();

/** The names of our kernels that have a gradient. */
export function kernelsWithGradient(): string[] {
  return [...gradients.keys()];
}

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
  const definition = gradients.get(kernelName) as Gradient<object>;
  const { savedInputs, savedOutputs = [], constants = [], gradient, plain } = definition;
  const isSaved = typeof savedOutputs === 'function' ? savedOutputs(attributes) : savedOutputs;
  const differentiable: NamedTensorMap = {};
  const saved: Tensor[] = [];
  for (const name in inputs) {
    const input = inputs[name];
    if (input.dtype === 'float32' && !constants.includes(name)) differentiable[name] = input;
    if (savedInputs === 'all' || savedInputs.includes(name)) saved.push(hold(input));
  }
  outputs.forEach((output, i) => {
    if (isSaved[i] === true) saved.push(i === 0 ? hold(output) : keep(output));
    else if (i > 0) output.dispose();
  });
  // What the formula needs is held inside of nested computations of gradients alone.
  const isNested = plain !== undefined && engine().state.gradientDepth > 1;
  const held = isNested ? mapTensors(inputs, hold) : undefined;
  const all = held === undefined ? saved : [...saved, ...Object.values(held)];
  record(kernelName, differentiable, outputs[0], all, (gradOut) => {
    const formula = plain !== undefined && engine().isTapeOn() ? plain(attributes) : undefined;
    if (formula === undefined) return thunks(gradient(gradOut, saved, attributes));
    const given = held ?? asSaved(inputs, savedInputs, saved);
    return plainGradients(kernelName, Object.keys(differentiable), given, formula, gradOut);
  });
}

function mapTensors(tensors: NamedTensorMap, f: (tensor: Tensor) => Tensor): NamedTensorMap {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, f(tensor)]));
}

/** The inputs, those that were saved as they are held: the program may be done with its own. */
function asSaved(
  inputs: NamedTensorMap,
  savedInputs: readonly string[] | 'all',
  saved: readonly Tensor[],
): NamedTensorMap {
  const names = Object.keys(inputs).filter((name) => savedInputs === 'all' || savedInputs.includes(name));
  return { ...inputs, ...Object.fromEntries(names.map((name, i) => [name, saved[i]])) };
}

/** The gradients of a formula by those of its inputs that have these names. */
function plainGradients(
  kernelName: string,
  names: readonly string[],
  inputs: NamedTensorMap,
  formula: Formula,
  gradOut: Tensor,
): InputGradients {
  checkAlive(kernelName, inputs);
  return onOwnTape(() => {
    // One input may be computed from another, or be the same: by a copy of each, gradients are of this op alone.
    const copies = Object.fromEntries(names.map((name) => [name, clone(inputs[name])]));
    const { found } = differentiate(() => formula({ ...inputs, ...copies }), Object.values(copies), gradOut);
    const parts = names.map((name, i) => [name, () => found[i] ?? zerosLike(inputs[name])]);
    return Object.fromEntries(parts) as InputGradients;
  });
}

function checkAlive(kernelName: string, inputs: NamedTensorMap): void {
  for (const name in inputs) {
    if (!inputs[name].isDisposed) continue;
    const hint = 'Compute it in the function whose gradients are taken, by valueAndGrad within valueAndGrad.';
    const [argument, expected] = [name, 'to be there still, for a derivative of second order'];
    throw new ArgumentError({ op: kernelName, argument, expected, received: 'a disposed tensor', hint }, 'NO_GRADIENT');
  }
}

function thunks(parts: Readonly<Record<string, Tensor | (() => Tensor)>>): InputGradients {
  const found: Record<string, () => Tensor> = {};
  for (const name in parts) {
    const part = parts[name];
    found[name] = typeof part === 'function' ? part : () => part;
  }
  return found;
}
