// SPDX-License-Identifier: Apache-2.0
// The options of every command that trains.

import { type Command, Option } from '@commander-js/extra-typings';

import { MATMUL_PRECISIONS } from '@nabla/core';

import { deviceOption } from './device.ts';
import { integer, number, setting } from './options.ts';

const PRECISION =
  'how factors of matrix products may be rounded (default: float32); cuda has tf32, and bf16 for activations too, CPUs with AVX512-BF16 bf16';

/** Adds them to a command that has nothing yet; see `addDrawingOptions` of drawing.ts for why it takes no other. */
export function addTrainingOptions(command: Command) {
  return command
    .addOption(deviceOption())
    .addOption(new Option('--precision <name>', PRECISION).choices(MATMUL_PRECISIONS))
    .option('--seed <n>', 'seed of everything random, folds among it', integer(0))
    .option('--steps <n>', 'optimizer steps of a training', integer(1))
    .option('--epochs <n>', 'passes over the training data', number)
    .option('--config <file>', 'options in a YAML file')
    .option('--set <key=value>', 'one option; may be repeated (see `nabla recipes`)', setting)
    .option('--json', 'print one JSON object per line and nothing else');
}
