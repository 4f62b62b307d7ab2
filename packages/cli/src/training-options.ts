// SPDX-License-Identifier: Apache-2.0
// The options of every command that trains.

import { type Command, Option } from '@commander-js/extra-typings';

import { deviceOption } from './device.ts';
import { integer, number, setting } from './options.ts';

const PRECISIONS = ['float32', 'tf32', 'bf16'] as const;

/** Adds them to a command that has nothing yet; see `addDrawingOptions` of drawing.ts for why it takes no other. */
export function addTrainingOptions(command: Command) {
  return command
    .addOption(deviceOption())
    .addOption(new Option('--precision <name>', 'how factors of matrix products are rounded').choices(PRECISIONS))
    .option('--seed <n>', 'seed of everything random', integer(0))
    .option('--steps <n>', 'optimizer steps of a training', integer(1))
    .option('--epochs <n>', 'passes over the training data', number)
    .option('--config <file>', 'options in a YAML file')
    .option('--set <key=value>', 'one option; may be repeated (see `nabla recipes RECIPE`)', setting)
    .option('--json', 'print one JSON object per line and nothing else');
}
