// SPDX-License-Identifier: Apache-2.0
// The version of these packages, as runs record it and the command prints it.

export const version = '0.1.0';
