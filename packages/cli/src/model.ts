// SPDX-License-Identifier: Apache-2.0
// Opening the trained model of a run for a command.

import { ArgumentError } from '@nabla/core';
import { type RestoredModel, openRun } from '@nabla/models';

import { type DeviceChoiceName, chooseDevice } from './device.ts';
import type { Output } from './output.ts';

/** Opens a run, lends its model to `use`, and frees it. */
export async function withModel<T>(
  run: string,
  options: { device?: DeviceChoiceName | undefined; best?: true | undefined },
  output: Output,
  use: (model: RestoredModel) => Promise<T>,
): Promise<T> {
  chooseDevice(options.device, output);
  const opened = await openRun(run, options.best === true ? 'best' : 'last');
  try {
    return await use(opened);
  } finally {
    opened.model.dispose();
  }
}

/** What the option `--best` says in every help. */
export const BEST = 'the weights with the best held-out loss instead of the last ones';

/** @throws {ArgumentError} `--best` was given for a model that is no run's (code `OPTION`) */
export function refuseBest(op: string, best: true | undefined): void {
  if (best === undefined) return;
  const expected = 'not to be given for a published model, which has one set of weights';
  throw new ArgumentError({ op, argument: '--best', expected, received: 'it' }, 'OPTION');
}
