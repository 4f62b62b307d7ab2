// SPDX-License-Identifier: Apache-2.0
// The matcher that expects a NablaError with a code, thrown by a function or rejected by a promise.

import { NablaError } from '@nabla/core';

/** See `toThrowCode` in {@link ../matchers.ts}. */
export function toThrowCode(
  this: jest.MatcherContext,
  received: unknown,
  code: string,
  message?: RegExp,
): jest.CustomMatcherResult {
  const rejected = this.promise === 'rejects';
  if (!rejected && typeof received !== 'function') {
    const hint = 'expect a function, or use expect(promise).rejects';
    return { pass: false, message: () => `toThrowCode: received ${typeof received}; ${hint}` };
  }
  const caught = rejected ? { error: received } : catchError(received as () => unknown);
  const wanted = `a NablaError with code ${code}${message === undefined ? '' : ` and a message that matches ${String(message)}`}`;
  if (caught === undefined)
    return { pass: false, message: () => `toThrowCode: expected ${wanted}, but nothing was thrown` };
  const { error } = caught;
  const pass =
    error instanceof NablaError && error.code === code && (message === undefined || message.test(error.message));
  return {
    pass,
    message: () => `toThrowCode: expected ${pass ? 'anything but ' : ''}${wanted}, received ${describe(error)}`,
  };
}

function catchError(run: () => unknown): { readonly error: unknown } | undefined {
  try {
    run();
  } catch (error) {
    return { error };
  }
  return undefined;
}

function describe(error: unknown): string {
  if (error instanceof NablaError) return `${error.name} with code ${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
