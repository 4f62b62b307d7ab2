// SPDX-License-Identifier: Apache-2.0
// Which tensors were made and never freed, and by which line: for tests and for hunting leaks, not for every day.

import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkSynchronous } from './check.ts';
import { tensorsIn } from './memory.ts';
import { type Tensor, engine } from './tf.ts';

/** A tensor that is still alive. */
export interface Leak {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Bytes of its values; 0 for strings. */
  readonly bytes: number;
  /** `file:line:column` of the call that made it: the innermost one outside of Nabla's core and tfjs. */
  readonly madeAt: string;
}

/** What a function returned, and the tensors that it left behind. */
export interface LeakReport<T> {
  readonly value: T;
  readonly leaks: readonly Leak[];
}

/** Living tensors that were made since a tracker began, by tensor id. Several trackers may be at work. */
type Tracker = Map<number, { readonly tensor: Tensor; readonly madeAt: string }>;

const trackers = new Set<Tracker>();
let unhook: (() => void) | undefined;

/**
 * Runs `f` and reports the tensors (and variables) that it made, that are still alive, and that cannot be reached from what it
 * returns. Every tensor made meanwhile costs a stack trace.
 *
 * @throws {ArgumentError} `f` returns a promise (code `ASYNC`)
 * @example
 * trackLeaks(() => zeros([2, 3]).shape).leaks.length; // 1
 */
export function trackLeaks<T>(f: () => T): LeakReport<T> {
  const tracker = begin();
  try {
    const value = f();
    checkSynchronous('trackLeaks', 'f', value, 'Use trackLeaksAsync.');
    return { value, leaks: leaksOf(tracker, value) };
  } finally {
    end(tracker);
  }
}

/** {@link trackLeaks} for a function that awaits; tensors that other code makes meanwhile are reported too. */
export async function trackLeaksAsync<T>(f: () => Promise<T>): Promise<LeakReport<T>> {
  const tracker = begin();
  try {
    const value = await f();
    return { value, leaks: leaksOf(tracker, value) };
  } finally {
    end(tracker);
  }
}

function begin(): Tracker {
  const tracker: Tracker = new Map();
  trackers.add(tracker);
  unhook ??= hook();
  return tracker;
}

function end(tracker: Tracker): void {
  trackers.delete(tracker);
  if (trackers.size > 0) return;
  unhook?.();
  unhook = undefined;
}

/** Tells all trackers of the engine's tensors from now on; returns what undoes it. */
function hook(): () => void {
  const target = engine();
  const trackTensor = target.trackTensor.bind(target);
  const disposeTensor = target.disposeTensor.bind(target);
  target.trackTensor = (tensor, backend): void => {
    trackTensor(tensor, backend);
    const madeAt = callerOf();
    for (const tracker of trackers) tracker.set(tensor.id, { tensor, madeAt });
  };
  target.disposeTensor = (tensor): void => {
    for (const tracker of trackers) tracker.delete(tensor.id);
    disposeTensor(tensor);
  };
  return () => {
    Reflect.deleteProperty(target, 'trackTensor'); // the methods of the class show again
    Reflect.deleteProperty(target, 'disposeTensor');
  };
}

function leaksOf(tracker: Tracker, value: unknown): Leak[] {
  for (const returned of tensorsIn(value)) tracker.delete(returned.id);
  return [...tracker.values()].map(({ tensor, madeAt }) => {
    const { shape, dtype, size } = tensor;
    const bytes = dtype === 'string' ? 0 : size * { float32: 4, int32: 4, bool: 1, complex64: 8 }[dtype];
    return { shape: [...shape], dtype, bytes, madeAt };
  });
}

const CORE = dirname(fileURLToPath(import.meta.url)) + sep;
const FRAME = /^\s*at (?:.*\(|async )?(?:file:\/\/)?(.+:\d+:\d+)\)?$/;
const TFJS = /[\\/]tfjs-(?:core|backend-cpu|registrations)\b/; // also as its source map names it
const TEST = /\.test\.[cm]?[jt]s:/;

/** The innermost line of the stack that belongs neither to this package (its tests do not count as such) nor to tfjs. */
function callerOf(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  const lines = stack.split('\n').flatMap((line) => FRAME.exec(line)?.[1] ?? []);
  const outside = lines.find((line) => {
    const core = line.startsWith(CORE) && !TEST.test(line);
    return !core && !TFJS.test(line) && !line.startsWith('node:');
  });
  return outside ?? lines.at(-1) ?? 'unknown';
}
