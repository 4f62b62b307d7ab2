// SPDX-License-Identifier: Apache-2.0
// How any received value is worded in a message: short, and whatever it is.

/** Longer texts are cut, and longer lists and objects counted. */
const LONGEST_TEXT = 60;
const LONGEST_LIST = 8;
/** Lists and objects below this depth are counted: a value may hold itself. */
const DEEPEST = 3;

/**
 * A value in a few words: numbers and texts as they are written in code, tensors by dtype and shape, short lists and plain objects by
 * what they hold, everything else by its class.
 *
 * @example
 * describeValue({ axis: [0, 1], x: ones([2, 3]) }); // "{ axis: [0, 1], x: a Tensor float32 [2, 3] }"
 */
export function describeValue(value: unknown): string {
  return describe(value, 0);
}

function describe(value: unknown, depth: number): string {
  if (typeof value === 'string') return describeText(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return describeFunction(value);
  if (Array.isArray(value)) return describeList(value, depth);
  if (typeof value === 'object' && value !== null) return describeObject(value, depth);
  return String(value);
}

function describeText(text: string): string {
  return JSON.stringify(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);
}

function describeFunction(value: { readonly name: string; toString(): string }): string {
  if (value.name === '') return 'a function';
  return `${value.toString().startsWith('class') ? 'class' : 'function'} ${value.name}`;
}

function describeList(list: readonly unknown[], depth: number): string {
  if (list.length > LONGEST_LIST || depth === DEEPEST) return `a list of ${list.length}`;
  return `[${list.map((entry) => describe(entry, depth + 1)).join(', ')}]`;
}

function describeObject(value: object, depth: number): string {
  const kind = className(value);
  if (isTensor(value)) return `a ${kind} ${value.dtype} [${value.shape.join(', ')}]`;
  if (ArrayBuffer.isView(value) && 'length' in value) return `a ${kind} of ${String(value.length)}`;
  if (kind !== 'Object') return `an object of class ${kind}`;
  const entries = Object.entries(value);
  if (entries.length > LONGEST_LIST || depth === DEEPEST) return `an object of ${entries.length} entries`;
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([name, entry]) => `${name}: ${describe(entry, depth + 1)}`).join(', ')} }`;
}

function className(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown };
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'Object';
}

/** Told by its fields: errors are below tensors in the order of imports. */
function isTensor(value: object): value is { readonly dtype: string; readonly shape: readonly number[] } {
  return 'dataId' in value && 'dtype' in value && 'shape' in value && Array.isArray(value.shape);
}
