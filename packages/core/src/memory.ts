// SPDX-License-Identifier: Apache-2.0
// When tensors are freed: scopes, `using`, explicit disposal; and how much memory the living ones take.

import type { NativeMemory } from './backend/addon.ts';
import { checkSynchronous } from './check.ts';
import { nativeMemory } from './device.ts';
import { ArgumentError } from './errors.ts';
import { type Rank, Tensor, engine } from './tf.ts';

declare module '@tensorflow/tfjs-core/dist/tensor.js' {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- declarations merge only with the same type parameters
  interface Tensor<R extends Rank = Rank> {
    /** Frees the tensor at the end of the block: `using x = add(a, b);` */
    [Symbol.dispose](): void;
  }
}

Object.defineProperty(Tensor.prototype, Symbol.dispose, {
  configurable: true,
  value(this: Tensor): void {
    this.dispose();
  },
});

/**
 * Every tensor that can be reached from `value`: itself, or through arrays, Maps, Sets and the fields of objects. Private
 * `#fields` are out of reach; functions, promises, buffers and typed arrays hold none.
 */
export function tensorsIn(value: unknown): Tensor[] {
  const found: Tensor[] = [];
  const seen = new Set<object>();
  const waiting: object[] = [];
  const add = (values: Iterable<unknown>): void => {
    for (const entry of values) if (typeof entry === 'object' && entry !== null) waiting.push(entry);
  };
  add([value]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (isTensor(next)) found.push(next);
    else if (Array.isArray(next) || next instanceof Set) add(next);
    else if (next instanceof Map) add([...next].flat());
    else if (!ArrayBuffer.isView(next)) add(Object.values(next));
  }
  return found;
}

function isTensor(value: object): value is Tensor {
  return value instanceof Tensor;
}

/**
 * Runs `f` and frees the tensors that it made, except those that can be reached from what it returns (see `tensorsIn`),
 * those given to `keep`, and variables. Scopes nest: what survives one belongs to the one around it. When `f` throws, all of
 * its tensors are freed.
 *
 * @throws {ArgumentError} `f` returns a promise (code `ASYNC`)
 * @example
 * scope(() => sum(square(tensor1d([3, 4])))); // 25
 */
export function scope<T>(f: () => T): T {
  engine().startScope();
  let survivors: Tensor[] = [];
  try {
    const result = f();
    checkSynchronous('scope', 'f', result, 'Use scopeAsync.');
    survivors = tensorsIn(result);
    return result;
  } finally {
    engine().endScope(survivors);
  }
}

type ScopeState = ReturnType<typeof engine>['state']['activeScope'];

/**
 * {@link scope} for a function that awaits. There is one stack of scopes: until `f` is done, tensors that other code makes
 * while `f` waits belong to this scope too. So nothing else may compute meanwhile; asynchronous scopes may nest, not overlap.
 *
 * @throws {ArgumentError} another scope, begun meanwhile, has not ended yet (code `SCOPE`)
 */
export async function scopeAsync<T>(f: () => Promise<T>): Promise<T> {
  engine().startScope();
  const own = engine().state.activeScope;
  let result: T;
  try {
    result = await f();
  } catch (error) {
    endScope(own, []);
    throw error;
  }
  if (endScope(own, tensorsIn(result))) return result;
  const expected = 'to end in the reverse order of their beginnings';
  const hint = 'Await one before the next begins, or use dispose instead of scopes.';
  const mismatch = { op: 'scopeAsync', argument: 'scopes', expected, received: 'scopes that overlap', hint };
  throw new ArgumentError(mismatch, 'SCOPE');
}

/** Ends a scope. Where it is not the innermost one, takes it out from among the others, and answers false. */
function endScope(own: ScopeState, survivors: readonly Tensor[]): boolean {
  const { state } = engine();
  if (state.activeScope === own) {
    engine().endScope([...survivors]);
    return true;
  }
  const position = state.scopeStack.indexOf(own);
  if (position >= 0) state.scopeStack.splice(position, 1);
  const outer = state.scopeStack[position - 1];
  for (const tensor of own.track) {
    if (tensor.kept) continue;
    if (!survivors.includes(tensor)) tensor.dispose();
    else if (outer !== undefined) {
      tensor.scopeId = outer.id;
      outer.track.push(tensor);
    }
  }
  return false;
}

/** Frees every tensor that can be reached from the values (see `tensorsIn`); freeing twice does nothing. */
export function dispose(...values: readonly unknown[]): void {
  for (const tensor of tensorsIn(values)) tensor.dispose();
}

/** What the living tensors take. */
export interface MemoryStatistics {
  /** Living tensors and variables, of all devices. */
  readonly tensors: number;
  /** Distinct values behind them: a reshaped tensor shares its values with the original. */
  readonly dataBuffers: number;
  /** Bytes of all tensors, shared values counted once per tensor. */
  readonly bytes: number;
  /** Memory of the native addon, where it is loaded. */
  readonly native?: NativeMemory;
}

/**
 * How many tensors live now, and what they take.
 *
 * Scopes, `using` and `dispose` free at once. What a program forgets comes back late: on device `cpu`, V8 collects its garbage where
 * the living bytes have doubled since the last time (from 256 MB on) and before an allocation fails for want of memory. Variables
 * (parameters), strings and complex numbers live until they are disposed, and what another thread has forgotten is that thread's
 * to collect. On device `js`, values are V8's own, and its tensors stay counted here until they are disposed.
 */
export function memory(): MemoryStatistics {
  const { numTensors, numDataBuffers, numBytes } = engine().state;
  const native = nativeMemory();
  const statistics = { tensors: numTensors, dataBuffers: numDataBuffers, bytes: numBytes };
  return native === undefined ? statistics : { ...statistics, native };
}
