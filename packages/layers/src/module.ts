// SPDX-License-Identifier: Apache-2.0
// The base class of everything that computes with parameters.

import {
  ArgumentError,
  Tensor,
  Variable,
  checkBoolean,
  checkOptions,
  clone,
  formatShape,
  nameTensor,
} from '@nabla/core';

import { describeModule } from './describe-module.ts';
import { ForwardHooks, type HookHandle } from './hooks.ts';
import type { Parameter } from './parameter.ts';

/** Tensors by state name, such as `linear1.weight`. */
export type StateDict = Record<string, Tensor>;

/** Names of which a module and the state that was loaded have only one. */
export interface UnmatchedNames {
  /** Those of the module, whose values stay. */
  readonly missing: readonly string[];
  /** Those of the state, which are left out. */
  readonly unexpected: readonly string[];
}

/** A module that maps one tensor to one tensor, as {@link Sequential} chains them. */
export type Layer = Module & { forward(x: Tensor): Tensor };

type Inputs<M extends Module> = Parameters<M['forward']>;
type Output<M extends Module> = ReturnType<M['forward']>;

/**
 * A function with parameters. A subclass is a plain class: its fields that are {@link Parameter}s are its parameters, its fields
 * that are modules are its children, and field names are state names (PyTorch's, so published weights load unrenamed).
 *
 * @example
 * class Scale extends Module {
 *   readonly weight = parameter(ones([2]));
 *   forward(x: Tensor): Tensor {
 *     return mul(x, this.weight);
 *   }
 * }
 * [...new Scale().namedParameters()].map(([name]) => name); // ["weight"]
 */
export abstract class Module {
  /** Whether layers that behave differently while training, such as dropout, do so. */
  training = true;

  #hooks: ForwardHooks | undefined;

  /** The computation; each subclass has one exact signature. */
  abstract forward(...inputs: never[]): unknown;

  /** Direct children by state name. */
  *namedChildren(): IterableIterator<[string, Module]> {
    for (const [name, value] of Object.entries(this) as [string, unknown][]) {
      if (value instanceof Module) yield [name, value];
    }
  }

  /** This module (under the name `prefix`) and all below it, parents first. */
  *namedModules(prefix = ''): IterableIterator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) yield* child.namedModules(join(prefix, name));
  }

  /** Parameters and buffers of this module alone by state name. */
  *namedOwnState(): IterableIterator<[string, Variable]> {
    for (const [name, value] of Object.entries(this) as [string, unknown][]) {
      if (value instanceof Variable) yield [name, value];
    }
  }

  /** Parameters and buffers of this module and all below it. A tensor that is shared comes once per name. */
  *namedState(): IterableIterator<[string, Variable]> {
    for (const [prefix, module] of this.namedModules()) {
      for (const [name, variable] of module.namedOwnState()) yield [join(prefix, name), variable];
    }
  }

  /** Trainable parameters of this module and all below it. */
  *namedParameters(): IterableIterator<[string, Parameter]> {
    for (const [name, variable] of this.namedState()) if (variable.trainable) yield [name, variable];
  }

  /** Trainable parameters, each once, for an optimizer. In errors they go by their names from here. */
  parameters(): Parameter[] {
    const parameters = new Set<Parameter>();
    for (const [name, parameter] of this.namedParameters()) {
      if (!parameters.has(parameter)) nameTensor(parameter, name);
      parameters.add(parameter);
    }
    return [...parameters];
  }

  /** Switches this module and all below it to training. */
  train(training = true): this {
    for (const [, module] of this.namedModules()) module.training = training;
    return this;
  }

  /** Switches this module and all below it to evaluation: dropout does nothing. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Calls `hook` before every `forward` of this module, hooks in the order of their registration. What a hook returns, a list,
   * stands for the inputs; where it returns nothing, they stay. See {@link registerForwardHook} for the memory that a hook uses.
   *
   * @param hook  gets the module and its inputs
   * @example
   * const layer = new ReLU();
   * layer.registerForwardPreHook((_, [x]) => [mul(x, -1)]);
   * layer.forward(tensor1d([-1, 2])); // [1, 0]
   */
  registerForwardPreHook<Self extends Module>(
    this: Self,
    hook: (module: Self, inputs: Inputs<Self>) => readonly [...Inputs<Self>] | undefined,
  ): HookHandle {
    return this.#forwardHooks().addBefore((inputs) => hook(this, inputs as Inputs<Self>));
  }

  /**
   * Calls `hook` after every `forward` of this module that returned, hooks in the order of their registration. What a hook
   * returns stands for the output; where it returns nothing, the output stays. A module without hooks costs nothing more.
   *
   * A hook runs where the call runs: inside its scope, and recorded for gradients where the call is. So a tensor that a hook wants
   * to hold on to must be kept, `keep(clone(output))`, or it dies with the scope; who keeps it disposes of it. What only looks
   * belongs in `noGrad`. Hooks see calls of `forward` alone, not of other methods.
   *
   * @param hook  gets the module, its inputs (as the hooks before left them) and its output
   * @example
   * const layer = new Linear(2, 3, { generator: new Generator(1) });
   * const shapes = [];
   * const handle = layer.registerForwardHook((module, inputs, output) => void shapes.push(output.shape));
   * layer.forward(ones([5, 2]));
   * handle.remove();
   * shapes; // [[5, 3]]
   */
  registerForwardHook<Self extends Module>(
    this: Self,
    hook: (module: Self, inputs: Inputs<Self>, output: Output<Self>) => Output<Self> | undefined,
  ): HookHandle {
    return this.#forwardHooks().addAfter((inputs, output) =>
      hook(this, inputs as Inputs<Self>, output as Output<Self>),
    );
  }

  /**
   * Whether hooks stand around `forward`. Who computes with a module's parameters past its `forward`, to do several things in one pass,
   * must call it where this is true.
   */
  get hasForwardHooks(): boolean {
    return this.#hooks?.any ?? false;
  }

  #forwardHooks(): ForwardHooks {
    return (this.#hooks ??= new ForwardHooks(this));
  }

  /** The state by name. The tensors are the module's own: clone one to keep its present values. */
  stateDict(): StateDict {
    return Object.fromEntries(this.namedState());
  }

  /**
   * Takes values from a state dictionary; its tensors stay the caller's.
   *
   * @param options `strict`: names must match exactly; default true. Shapes must always match.
   * @returns the names that differ: some only where it is not strict
   * @throws {ArgumentError} names or shapes differ (code `STATE`): every difference is listed and nothing is loaded
   */
  loadStateDict(state: Readonly<StateDict>, options: { strict?: boolean } = {}): UnmatchedNames {
    checkOptions('loadStateDict', options, ['strict']);
    const { strict = true } = options;
    checkBoolean('loadStateDict', 'strict', strict);
    const own = new Map(this.namedState());
    const missing = [...own.keys()].filter((name) => !Object.hasOwn(state, name));
    const unexpected = Object.keys(state).filter((name) => !own.has(name));
    const differing = [...own].flatMap(([name, variable]) => {
      const tensor = state[name];
      if (tensor === undefined || (sameShape(tensor, variable) && tensor.dtype === variable.dtype)) return [];
      return [`${name} (${describe(tensor)} instead of ${describe(variable)})`];
    });
    const problems = [
      ...(strict && missing.length > 0 ? [`missing ${missing.join(', ')}`] : []),
      ...(strict && unexpected.length > 0 ? [`unexpected ${unexpected.join(', ')}`] : []),
      ...(differing.length > 0 ? [`of another shape or dtype ${differing.join(', ')}`] : []),
    ];
    if (problems.length > 0) {
      const expected = `to match the state of ${this.constructor.name}`;
      const hint = 'These are the weights of another model or of another configuration of it.';
      throw new ArgumentError(
        { op: 'loadStateDict', argument: 'state', expected, received: `names ${problems.join('; ')}`, hint },
        'STATE',
      );
    }
    // Clones, because a variable frees its old values when it is assigned, and these may be the ones that are given.
    const given = [...own].flatMap(([name, variable]) => {
      const tensor = state[name];
      return tensor === undefined ? [] : [{ variable, values: clone(tensor) }];
    });
    for (const { variable, values } of given) {
      variable.assign(values);
      values.dispose();
    }
    return { missing, unexpected };
  }

  /** The tree of its layers with their settings and the shapes of their parameters, which `console.log` shows too. */
  toString(): string {
    return describeModule(this);
  }

  /** Frees every tensor of this module and all below it. */
  dispose(): void {
    // Each once: tfjs would count a variable that is disposed of twice as two users of its memory less.
    const tensors = new Set<Tensor>();
    for (const [, module] of this.namedModules()) {
      for (const value of Object.values(module) as unknown[]) if (value instanceof Tensor) tensors.add(value as Tensor);
      for (const [, variable] of module.namedOwnState()) tensors.add(variable);
    }
    for (const tensor of tensors) {
      if (!tensor.isDisposed) tensor.dispose();
    }
  }
}

// What Node's console.log calls; found by its name, so that nothing of Node is imported.
Object.defineProperty(Module.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  configurable: true,
  value(this: Module, depth: number): string {
    return depth < 0 ? `[${this.constructor.name}]` : this.toString();
  },
});

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

function sameShape(a: Tensor, b: Tensor): boolean {
  return a.shape.length === b.shape.length && a.shape.every((length, axis) => length === b.shape[axis]);
}

function describe(tensor: Tensor): string {
  return tensor.dtype === 'float32' ? formatShape(tensor.shape) : `${tensor.dtype} ${formatShape(tensor.shape)}`;
}
