// SPDX-License-Identifier: Apache-2.0
// Argument checks: the only place that words them. Each returns nothing and throws when the argument is not as it must be.

import { describeValue } from './describe-value.ts';
import { ArgumentError, DTypeError, ShapeError, suggest } from './errors.ts';

/** Anything with a shape: a tensor, or the bare description of one. */
interface Shaped {
  readonly shape: readonly number[];
}

/** Anything with an element type. */
interface Typed {
  readonly dtype: string;
}

/**
 * What a shape must look like: a number is a length, a name stands for any length (the same one each time it occurs), and
 * a first entry such as `...batch` stands for any number of axes.
 */
export type ShapePattern = readonly (number | string)[];

/** Limits of a number. `minimum` and `maximum` are allowed values themselves; `above` and `below` are not. */
export interface Range {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly above?: number;
  readonly below?: number;
}

/**
 * @throws {ArgumentError} `options` is no record, or has a name that is in neither list (code `OPTION`), or lacks a required one (code
 *   `ARGUMENT`)
 */
export function checkOptions(
  op: string,
  options: unknown,
  optional: readonly string[],
  required: readonly string[] = [],
): void {
  if (options === undefined) return checkGiven(op, {}, required);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new ArgumentError(
      { op, argument: 'options', expected: 'to be an object', received: describeValue(options) },
      'OPTION',
    );
  }
  for (const name of Object.keys(options)) {
    if (optional.includes(name) || required.includes(name)) continue;
    const allowed = [...required, ...optional];
    const expected = allowed.length === 0 ? 'to be empty' : `to be among ${allowed.join(', ')}`;
    const hint = allowed.length === 0 ? undefined : suggest(name, allowed);
    throw new ArgumentError({ op, argument: 'options', expected, received: `"${name}"`, hint }, 'OPTION');
  }
  checkGiven(op, options, required);
}

function checkGiven(op: string, options: object, required: readonly string[]): void {
  const missing = required.find((name) => (options as Readonly<Record<string, unknown>>)[name] === undefined);
  if (missing === undefined) return;
  const hint = `Pass it in the options: { ${missing}: … }.`;
  throw new ArgumentError({ op, argument: missing, expected: 'to be given', received: 'none', hint });
}

/**
 * @param hint  what to do, or a function that words it, for where the check is made often
 * @throws {ShapeError} the shape does not match `pattern` (code `SHAPE`)
 */
export function checkShape(
  op: string,
  argument: string,
  { shape }: Shaped,
  pattern: ShapePattern,
  hint?: string | (() => string),
): void {
  if (matches(shape, pattern)) return;
  const worded = typeof hint === 'function' ? hint() : hint;
  throw new ShapeError({ op, argument, expected: `[${pattern.join(', ')}]`, received: shape, hint: worded });
}

/** @throws {ShapeError} fewer than `minimum` or more than `maximum` axes (code `RANK`) */
export function checkRank(
  op: string,
  argument: string,
  { shape }: Shaped,
  minimum: number,
  maximum: number = minimum,
): void {
  if (shape.length >= minimum && shape.length <= maximum) return;
  const least = formatAxes(minimum);
  const expected =
    minimum === maximum
      ? least
      : maximum === Infinity
        ? `[..., ${least.slice(1)}`
        : `${least} to ${formatAxes(maximum)}`;
  throw new ShapeError({ op, argument, expected, received: shape }, 'RANK');
}

/** @throws {DTypeError} the element type is not one of `dtypes` (code `DTYPE`) */
export function checkDtype(op: string, argument: string, { dtype }: Typed, ...dtypes: readonly string[]): void {
  if (dtypes.includes(dtype)) return;
  const hint = `Convert it first: cast(${argument}, '${dtypes[0]}').`;
  throw new DTypeError({ op, argument, expected: dtypes.join(' or '), received: dtype, hint });
}

/**
 * @param tensors  arguments by name
 * @throws {ArgumentError} one of them is no tensor (code `TENSOR`)
 * @throws {DTypeError} one of them is not float32 (code `DTYPE`)
 */
export function checkFloat(op: string, tensors: Readonly<Record<string, unknown>>): void {
  for (const argument in tensors) {
    const tensor = tensors[argument];
    checkTensor(op, argument, tensor);
    checkDtype(op, argument, tensor, 'float32');
  }
}

/** @throws {ArgumentError} no tensor (code `TENSOR`) */
export function checkTensor(op: string, argument: string, value: unknown): asserts value is Shaped & Typed {
  const valid =
    typeof value === 'object' && value !== null && 'shape' in value && 'dtype' in value && 'dataId' in value;
  if (valid) return;
  const hint = Array.isArray(value) ? `Make one first: tensor(${argument}).` : undefined;
  throw new ArgumentError({ op, argument, expected: 'to be a tensor', received: describeValue(value), hint }, 'TENSOR');
}

/** @throws {ArgumentError} not a finite number within `range` (code `ARGUMENT`) */
export function checkNumber(op: string, argument: string, value: unknown, range: Range = {}): asserts value is number {
  if (typeof value === 'number' && Number.isFinite(value) && within(value, range)) return;
  throw new ArgumentError({
    op,
    argument,
    expected: `to be a number${formatRange(range)}`,
    received: describeValue(value),
  });
}

/** @throws {ArgumentError} not an integer that a number holds exactly, or outside `range` (code `ARGUMENT`) */
export function checkInteger(op: string, argument: string, value: unknown, range: Range = {}): asserts value is number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && within(value, range)) return;
  throw new ArgumentError({
    op,
    argument,
    expected: `to be an integer${formatRange(range)}`,
    received: describeValue(value),
  });
}

/** @throws {ArgumentError} neither `true` nor `false` (code `ARGUMENT`) */
export function checkBoolean(op: string, argument: string, value: unknown): asserts value is boolean {
  if (typeof value === 'boolean') return;
  throw new ArgumentError({ op, argument, expected: 'to be true or false', received: describeValue(value) });
}

/**
 * @param Class  such as `Array`, `Function` or a class of Nabla
 * @param hint   what to do
 * @throws {ArgumentError} not an instance of `Class` (code `ARGUMENT`)
 */
export function checkInstance<Instance>(
  op: string,
  argument: string,
  value: unknown,
  Class: abstract new (...given: never[]) => Instance,
  hint?: string,
): asserts value is Instance {
  if (value instanceof Class) return;
  const expected = `to be ${/^[AEIOU]/.test(Class.name) ? 'an' : 'a'} ${Class.name}`;
  throw new ArgumentError({ op, argument, expected, received: describeValue(value), hint });
}

/** @throws {ArgumentError} what a function returned is a promise, where the work must be done on return (code `ASYNC`) */
export function checkSynchronous(op: string, argument: string, result: unknown, hint: string): void {
  if (typeof result !== 'object' || result === null || !('then' in result) || typeof result.then !== 'function') return;
  throw new ArgumentError({ op, argument, expected: 'to be synchronous', received: 'a promise', hint }, 'ASYNC');
}

/** @throws {ArgumentError} not a string with at least one character (code `ARGUMENT`) */
export function checkName(op: string, argument: string, value: unknown): asserts value is string {
  if (typeof value === 'string' && value !== '') return;
  throw new ArgumentError({
    op,
    argument,
    expected: 'to be a string that is not empty',
    received: describeValue(value),
  });
}

/** @throws {ArgumentError} not a string (code `ARGUMENT`) */
export function checkText(op: string, argument: string, value: unknown): asserts value is string {
  if (typeof value === 'string') return;
  throw new ArgumentError({ op, argument, expected: 'to be a string', received: describeValue(value) });
}

/** @throws {ArgumentError} not one of `choices`; offers the nearest spelling (code `ARGUMENT`) */
export function checkOneOf<const Choice extends string>(
  op: string,
  argument: string,
  value: unknown,
  choices: readonly Choice[],
): asserts value is Choice {
  if (choices.some((choice) => choice === value)) return;
  const expected = `to be one of ${choices.map((choice) => `"${choice}"`).join(', ')}`;
  const hint = typeof value === 'string' ? suggest(value, choices) : undefined;
  throw new ArgumentError({ op, argument, expected, received: describeValue(value), hint });
}

/** @throws {ArgumentError} not a list of integers >= 0 whose product is exact (code `ARGUMENT`) */
export function checkSizes(op: string, argument: string, value: unknown): asserts value is number[] {
  let size = 1;
  const valid =
    Array.isArray(value) &&
    value.every((length: unknown) => {
      if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) return false;
      size *= length;
      return size <= Number.MAX_SAFE_INTEGER;
    });
  if (valid) return;
  throw new ArgumentError({ op, argument, expected: 'to be a list of integers >= 0', received: describeValue(value) });
}

function matches(shape: readonly number[], pattern: ShapePattern): boolean {
  const first = pattern[0];
  const open = typeof first === 'string' && first.startsWith('...') ? 1 : 0;
  const skipped = shape.length - pattern.length; // how much further to the right an entry is found in the shape
  if (open === 1 ? skipped < -1 : skipped !== 0) return false;
  for (let i = open; i < pattern.length; i++) {
    const entry = pattern[i];
    const length = shape[skipped + i];
    if (typeof entry === 'number' ? length !== entry : !isConsistent(shape, pattern, skipped, i)) return false;
  }
  return true;
}

/** Whether the name at `position` stands for the same length as where it first occurs. */
function isConsistent(shape: readonly number[], pattern: ShapePattern, skipped: number, position: number): boolean {
  return shape[skipped + pattern.indexOf(pattern[position])] === shape[skipped + position];
}

function within(value: number, { minimum, maximum, above, below }: Range): boolean {
  return (
    (minimum === undefined || value >= minimum) &&
    (maximum === undefined || value <= maximum) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below)
  );
}

/** ` >= 0 and < 1`, or nothing. */
function formatRange({ minimum, maximum, above, below }: Range): string {
  const limits = [
    ['>=', minimum],
    ['>', above],
    ['<=', maximum],
    ['<', below],
  ] as const;
  const parts = limits.filter(([, limit]) => limit !== undefined).map(([sign, limit]) => `${sign} ${String(limit)}`);
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`;
}

function formatAxes(count: number): string {
  return `[${new Array<string>(count).fill('?').join(', ')}]`;
}
