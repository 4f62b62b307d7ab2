// SPDX-License-Identifier: Apache-2.0
// nabla predict: the answer of a trained model to each input.

import type { Command } from '@commander-js/extra-typings';

import { deviceOption } from '../device.ts';
import { BEST, withModel } from '../model.ts';
import type { Output } from '../output.ts';
import { formatAnswer } from '../render/answer.ts';

export function addPredictCommand(program: Command, output: Output): void {
  program
    .command('predict')
    .description('ask a trained model')
    .argument('<run>', 'folder of the run')
    .argument(
      '<input...>',
      'fnn: the numbers of a row, with commas (after -- if it begins with -); cnn, attention, vit: an image file; transformer: the beginning of a text; text-cnn, translation: a text',
    )
    .addOption(deviceOption())
    .option('--best', BEST)
    .option('--json', 'print one JSON object per input')
    .action(async (run, inputs, { json, ...options }) => {
      await withModel(run, options, output, async (model) => {
        for (const answer of await model.predict(inputs)) {
          output.result(json === true ? JSON.stringify(answer) : formatAnswer(answer));
        }
      });
    });
}
