// SPDX-License-Identifier: Apache-2.0
// The check of options that all layers have that draw numbers.

import { Generator, checkInstance, checkOptions } from '@nabla/core';

/**
 * @param names  the options besides `generator`
 * @throws {ArgumentError} no generator, or an unknown option
 */
export function checkDrawingOptions(
  op: string,
  options: { readonly generator: Generator },
  names: readonly string[] = [],
): void {
  checkOptions(op, options, names, ['generator']);
  checkInstance(op, 'generator', options.generator, Generator, 'Pass { generator: new Generator(seed) }.');
}
