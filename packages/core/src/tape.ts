// SPDX-License-Identifier: Apache-2.0
// The tape: what the backward pass needs of every op that ran, as nodes of tfjs' own tape; and the walk back over it.

import { ArgumentError, DTypeError, ShapeError, formatShape } from './errors.ts';
import { sumTo } from './gradients/sum-to.ts';
import { sameShape } from './shape.ts';
import { type NamedTensorMap, Tensor, add, backend, clone, engine, ones } from './tf.ts';

/** The gradient of each input, by name, computed when it is asked for. */
export type InputGradients = Readonly<Record<string, () => Tensor>>;

/** One op that ran. Ops of tfjs with several outputs take a gradient of each. */
type Node = ReturnType<typeof engine>['state']['activeTape'][number];

/** Runs `f`, and records nothing of it. */
export function unrecorded<T>(f: () => T): T {
  const { state } = engine();
  state.kernelDepth++;
  try {
    return f();
  } finally {
    state.kernelDepth--;
  }
}

/**
 * Puts an op on the tape.
 *
 * @param saved     what `gradient` needs, see {@link hold}; freed once it has run
 * @param gradient  from the gradient of the output to that of each input
 */
export function record(
  kernelName: string,
  inputs: NamedTensorMap,
  output: Tensor,
  saved: Tensor[],
  gradient: (gradOut: Tensor) => InputGradients,
): void {
  const { state } = engine();
  const id = state.nextTapeNodeId++;
  state.activeTape.push({ id, kernelName, inputs, outputs: [output], saved, gradient: ([out]) => gradient(out) });
}

/**
 * The tensor for the backward pass, whatever becomes of the one that the program has. It shares its memory and its id: to the
 * tape they are one, so that derivatives of higher order find their way.
 */
export function hold(tensor: Tensor): Tensor {
  const held = engine().keep(new Tensor([...tensor.shape], tensor.dtype, tensor.dataId, tensor.id));
  engine().incRef(held, backend());
  return held;
}

/** Frees what the ops on a tape have saved. */
export function freeTape(tape: readonly Node[]): void {
  for (const { saved } of tape) if (saved !== undefined) for (const tensor of saved) tensor.dispose();
}

/**
 * Walks back from `value` and gives its gradient by each source, undefined where it does not depend on it. Every gradient is
 * freed when it has been passed on, and where no tape is recorded any more, what an op has saved as soon as the walk is past it.
 *
 * @param gradOut  of `value`; default 1
 */
export function backpropagate(
  tape: readonly Node[],
  value: Tensor,
  sources: readonly Tensor[],
  gradOut?: Tensor,
): (Tensor | undefined)[] {
  const isLast = engine().state.gradientDepth === 0;
  const nodes = inOrder(tape);
  const reached = reachedFrom(nodes, sources);
  const wanted = new Set(sources.map(({ id }) => id));
  const first = gradOut === undefined ? ones(value.shape) : clone(gradOut);
  const gradients = new Map([[value.id, first]]); // of tensors by id; each a tensor of its own
  for (let position = nodes.length - 1; position >= 0; position--) {
    const node = nodes[position];
    const outputs = node.outputs.map(({ id }) => gradients.get(id));
    if (outputs.some((gradient) => gradient !== undefined) && isComputedFrom(node, reached)) {
      passOn(node, outputs as Tensor[], reached, gradients, first.id);
    }
    for (const { id } of node.outputs) {
      if (wanted.has(id)) continue;
      gradients.get(id)?.dispose();
      gradients.delete(id);
    }
    if (isLast) freeTape([node]);
  }
  return sources.map(({ id }) => gradients.get(id));
}

/**
 * The nodes, each behind those that made its inputs. tfjs puts the copy of an output that an op saves on the tape before the op
 * itself; a derivative of second order that comes by the copy would miss the op.
 */
function inOrder(tape: readonly Node[]): readonly Node[] {
  if (isInOrder(tape)) return tape;
  const ahead = new Set<number>(); // made by nodes that have no place yet
  for (const { outputs } of tape) for (const { id } of outputs) ahead.add(id);
  const ordered: Node[] = [];
  const waiting = new Map<number, Node[]>(); // by what they wait for
  const place = (node: Node): void => {
    const missing = missingInput(node, ahead);
    if (missing !== undefined) {
      waiting.set(missing, [...(waiting.get(missing) ?? []), node]);
      return;
    }
    ordered.push(node);
    for (const { id } of node.outputs) {
      ahead.delete(id);
      const released = waiting.get(id);
      waiting.delete(id);
      released?.forEach(place);
    }
  };
  tape.forEach(place);
  return ordered;
}

/** Whether every node made its outputs after its inputs and after the nodes before it, as their ids tell; seldom not so. */
function isInOrder(tape: readonly Node[]): boolean {
  let last = -1;
  for (const { inputs, outputs } of tape) {
    const first = outputs[0].id;
    if (first <= last) return false;
    for (const name in inputs) if (inputs[name].id >= first) return false;
    last = outputs[outputs.length - 1].id;
  }
  return true;
}

function missingInput({ inputs, outputs }: Node, ahead: ReadonlySet<number>): number | undefined {
  for (const name in inputs) {
    const { id } = inputs[name];
    if (ahead.has(id) && outputs.every((output) => output.id !== id)) return id;
  }
  return undefined;
}

/**
 * The ids of the sources and of all that changes with them by degrees: not of integers and booleans, such as positions of the largest
 * element, by which a loss would seem to have a gradient, of zeros.
 */
function reachedFrom(tape: readonly Node[], sources: readonly Tensor[]): Set<number> {
  const reached = new Set(sources.map(({ id }) => id));
  for (const node of tape) {
    if (!isComputedFrom(node, reached)) continue;
    for (const { id, dtype } of node.outputs) if (dtype === 'float32' || dtype === 'complex64') reached.add(id);
  }
  return reached;
}

function isComputedFrom({ inputs }: Node, reached: ReadonlySet<number>): boolean {
  for (const name in inputs) if (reached.has(inputs[name].id)) return true;
  return false;
}

/** Ops of tfjs with gradients of their own that forget to sum over the batch axes along which an input was repeated. */
const UNSUMMED: readonly string[] = ['fusedMatMul__op'];

/** Adds what one op passes on to the gradients of its inputs. */
function passOn(
  { kernelName, inputs, gradient }: Node,
  gradOut: Tensor[],
  reached: ReadonlySet<number>,
  gradients: Map<number, Tensor>,
  firstId: number,
): void {
  if (gradient === undefined) throw withoutGradient(kernelName);
  const made: Tensor[] = [];
  engine().startScope();
  try {
    const parts = gradient(gradOut);
    for (const name in inputs) {
      const input = inputs[name];
      if (!reached.has(input.id)) continue;
      const part = UNSUMMED.includes(kernelName) ? sumTo(parts[name](), input.shape) : parts[name]();
      checkPart(kernelName, name, input, part);
      const earlier = gradients.get(input.id);
      // A gradient may be handed on as it came, for several inputs, or be a constant of somebody: then a copy is taken.
      const isOwn = part.id > firstId && !gradOut.includes(part) && !made.includes(part);
      const sum = earlier !== undefined ? accumulate(earlier, part) : isOwn ? part : clone(part);
      earlier?.dispose();
      made.push(sum);
      gradients.set(input.id, sum);
    }
  } finally {
    engine().endScope(made);
  }
}

function withoutGradient(op: string): ArgumentError {
  const isGradient = /Grad|Backprop/.test(op); // a kernel that computes the gradient of another
  const hint = isGradient
    ? 'This is a derivative of second order, of an op that has the first alone: compute that op from others, or its gradient in noGrad, as a constant.'
    : 'Compute it without gradient (noGrad), or from other ops.';
  const expected = 'to be defined where the loss depends on a parameter through it';
  return new ArgumentError({ op, argument: 'a gradient', expected, received: 'none', hint }, 'NO_GRADIENT');
}

/** `earlier + part`, which takes the memory of `earlier` where nobody else can see it. */
function accumulate(earlier: Tensor, part: Tensor): Tensor {
  if (engine().isTapeOn() || backend().refCount(earlier.dataId) !== 1) return add(earlier, part);
  const [sum] = engine().runKernel<Tensor[]>('NablaAddInto', { total: earlier, part });
  return sum;
}

function checkPart(op: string, name: string, { shape }: Tensor, part: Tensor): void {
  const argument = `the gradient of ${name}`;
  if (part.dtype !== 'float32') {
    throw new DTypeError({ op, argument, expected: 'float32', received: part.dtype });
  }
  if (!sameShape(part.shape, shape)) {
    throw new ShapeError({ op, argument, expected: formatShape(shape), received: part.shape });
  }
}
