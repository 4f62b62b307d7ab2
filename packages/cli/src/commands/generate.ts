// SPDX-License-Identifier: Apache-2.0
// nabla generate: text from a trained model, as it is written.

import type { Command } from '@commander-js/extra-typings';
import { ArgumentError, Generator } from '@nabla/core';

import { deviceOption } from '../device.ts';
import { BEST, withModel } from '../model.ts';
import { integer, number } from '../options.ts';
import type { Output } from '../output.ts';

export function addGenerateCommand(program: Command, output: Output): void {
  program
    .command('generate')
    .description('let a trained language model write')
    .argument('<run>', 'folder of the run')
    .requiredOption('--prompt <text>', 'beginning of the text')
    .requiredOption('--tokens <n>', 'how many tokens to add', integer(1))
    .option('--temperature <t>', 'below 1 bolder, above 1 more varied; 0: always the likeliest', number, 0.8)
    .option('--top-k <k>', 'draw among the k likeliest only; 0: among all', integer(0), 0)
    .option('--seed <n>', 'of the draw', integer(0), 0)
    .addOption(deviceOption())
    .option('--best', BEST)
    .action(async (run, { prompt, tokens, temperature, topK, seed, ...options }) => {
      await withModel(run, options, output, async ({ generate }) => {
        if (generate === undefined) {
          const hint = 'For the answer of any model: nabla predict.';
          const expected = 'to be of a model that writes text';
          throw new ArgumentError(
            { op: 'generate', argument: run, expected, received: 'another model', hint },
            'GENERATE',
          );
        }
        const pieces = generate({ prompt, tokens, temperature, topK, generator: new Generator(seed) });
        let begun = false;
        for await (const piece of pieces) {
          output.piece(begun ? piece : prompt + piece);
          begun = true;
        }
        output.piece('\n');
      });
    });
}
