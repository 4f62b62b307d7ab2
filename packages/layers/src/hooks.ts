// SPDX-License-Identifier: Apache-2.0
// Hooks around a module's forward: functions that see, and may replace, what goes in and what comes out.

import { ArgumentError } from '@nabla/core';

/** A hook that was registered. `using handle = module.registerForwardHook(…)` removes it at the end of the block. */
export interface HookHandle {
  /** Takes the hook away again; doing so twice is allowed. */
  remove(): void;
  [Symbol.dispose](): void;
}

/** Sees the inputs of a call before the module does. */
export type PreHook = (inputs: readonly unknown[]) => readonly unknown[] | undefined;

/** Sees the inputs and the output of a call. */
export type Hook = (inputs: readonly unknown[], output: unknown) => unknown;

type Forward = (...inputs: unknown[]) => unknown;

/** What hooks stand around. */
interface Hooked {
  readonly forward: (...inputs: never[]) => unknown;
}

/**
 * The hooks of one module. While there are any, a function that calls them stands in the module's field `forward`, which hides
 * the method of its class; with the last hook, the field goes (docs/decisions/0010-forward-hooks.md).
 */
export class ForwardHooks {
  readonly #module: Hooked;
  // By a key of its own each, because one function may be registered twice.
  readonly #before = new Map<HookHandle, PreHook>();
  readonly #after = new Map<HookHandle, Hook>();
  #field: PropertyDescriptor | undefined; // the field that stood there before, where a caller had set one

  constructor(module: Hooked) {
    this.#module = module;
  }

  addBefore(hook: PreHook): HookHandle {
    return this.#add(this.#before, hook);
  }

  addAfter(hook: Hook): HookHandle {
    return this.#add(this.#after, hook);
  }

  #add<Kind>(hooks: Map<HookHandle, Kind>, hook: Kind): HookHandle {
    if (this.#count === 0) this.#install();
    const remove = (): void => {
      if (hooks.delete(handle) && this.#count === 0) this.#uninstall();
    };
    const handle: HookHandle = { remove, [Symbol.dispose]: remove };
    hooks.set(handle, hook);
    return handle;
  }

  /** Whether there are any. */
  get any(): boolean {
    return this.#count > 0;
  }

  get #count(): number {
    return this.#before.size + this.#after.size;
  }

  #install(): void {
    this.#field = Object.getOwnPropertyDescriptor(this.#module, 'forward');
    const original = this.#module.forward.bind(this.#module) as Forward;
    const value: Forward = (...inputs) => this.#call(original, inputs);
    Object.defineProperty(this.#module, 'forward', { value, configurable: true, enumerable: false });
  }

  #uninstall(): void {
    if (this.#field !== undefined) Object.defineProperty(this.#module, 'forward', this.#field);
    else Reflect.deleteProperty(this.#module, 'forward'); // the method of the class shows again
  }

  /** Hooks that come or go during a call do so for the next one. */
  #call(original: Forward, given: readonly unknown[]): unknown {
    const after = [...this.#after.values()];
    let inputs = given;
    for (const hook of [...this.#before.values()]) inputs = checkInputs(hook(inputs)) ?? inputs;
    let output = original(...inputs);
    for (const hook of after) output = hook(inputs, output) ?? output;
    return output;
  }
}

function checkInputs(inputs: unknown): readonly unknown[] | undefined {
  if (inputs === undefined || Array.isArray(inputs)) return inputs;
  const hint = 'Return [x] to replace an only input, and nothing to leave it.';
  const received = inputs === null ? 'null' : `a value of type ${typeof inputs}`;
  throw new ArgumentError({
    op: 'registerForwardPreHook',
    argument: 'the result of the hook',
    expected: 'to be the list of inputs, or nothing',
    received,
    hint,
  });
}
