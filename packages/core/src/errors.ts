// SPDX-License-Identifier: Apache-2.0
// Every error that Nabla throws on purpose: five kinds, each with a stable code and its facts as data.

import { closest, distance } from 'fastest-levenshtein';

/** Facts of an error as data, for programs that react to it. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** Base of every error thrown on purpose. `code` is stable across versions; `details` holds the facts of the message. */
export class NablaError extends Error {
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** What went wrong with one argument: op, argument, expected, received, and what to do. */
export interface Mismatch {
  /** The op, layer, file or command that refuses. */
  readonly op: string;
  readonly argument: string;
  readonly expected: string;
  readonly received: string;
  readonly hint?: string | undefined;
}

/** `op: expected argument expected, received received. hint` */
function sentence({ op, argument, expected, received, hint }: Mismatch): string {
  return `${op}: expected ${argument} ${expected}, received ${received}.${hint === undefined ? '' : ` ${hint}`}`;
}

/** Formats a shape as in every message: `[2, 3]`. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

/** A tensor has the wrong shape or rank. */
export class ShapeError extends NablaError {
  constructor(mismatch: Omit<Mismatch, 'received'> & { readonly received: readonly number[] }, code = 'SHAPE') {
    const worded = { ...mismatch, expected: `of shape ${mismatch.expected}`, received: formatShape(mismatch.received) };
    super(code, sentence(worded), { ...mismatch });
  }
}

/** A tensor has the wrong element type. */
export class DTypeError extends NablaError {
  constructor(mismatch: Mismatch, code = 'DTYPE') {
    super(code, sentence({ ...mismatch, expected: `of dtype ${mismatch.expected}` }), { ...mismatch });
  }
}

/** An option, number, name or file is not what it must be. */
export class ArgumentError extends NablaError {
  constructor(mismatch: Mismatch, code = 'ARGUMENT', options?: ErrorOptions) {
    super(code, sentence(mismatch), { ...mismatch }, options);
  }
}

/** A device cannot run, is missing, or has no memory left. The message says which and what to do. */
export class DeviceError extends NablaError {}

/** The native addon refused or failed. `details` holds kernel, target and parameters. */
export class NativeError extends NablaError {}

/** PyTorch's names for what is spelled quite differently here. */
const PYTORCH_NAMES: Readonly<Record<string, string>> = {
  lr: 'learningRate',
  eps: 'epsilon',
  gamma: 'factor',
  num_layers: 'layers',
  shuffle: 'sampler',
};

/** The candidate spelled most like `word`, or undefined when none is near enough to be meant. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const best = closest(word.toLowerCase(), candidates);
  return distance(word.toLowerCase(), best.toLowerCase()) <= Math.max(2, word.length / 3) ? best : undefined;
}

/** `Did you mean "x"?` or a list of what exists, for hints. */
export function suggest(word: string, candidates: readonly string[]): string {
  const translated = Object.hasOwn(PYTORCH_NAMES, word) ? PYTORCH_NAMES[word] : undefined;
  const best = translated !== undefined && candidates.includes(translated) ? translated : nearest(word, candidates);
  return best === undefined ? `Known: ${candidates.join(', ')}.` : `Did you mean "${best}"?`;
}
