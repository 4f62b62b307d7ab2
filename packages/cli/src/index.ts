// SPDX-License-Identifier: Apache-2.0
// The public surface of @nabla/cli: the command line as a function.

export { runCommandLine } from './command-line.ts';
export type { Output } from './output.ts';
