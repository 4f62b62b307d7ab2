// SPDX-License-Identifier: Apache-2.0
// How a model of the hub is refused: naming it, the address, and what to do.

import { ArgumentError } from '@nabla/core';

/** What is wrong with a model, one of its files, or an answer of the hub. */
export interface HubDefect {
  readonly argument: string;
  readonly expected: string;
  readonly received: string;
  readonly hint?: string | undefined;
}

/** The error of a model that the hub does not give (code `HUB`). */
export function hubError(defect: HubDefect, cause?: unknown): ArgumentError {
  return new ArgumentError({ op: 'resolvePretrained', ...defect }, 'HUB', cause === undefined ? {} : { cause });
}
