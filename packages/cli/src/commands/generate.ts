// SPDX-License-Identifier: Apache-2.0
// nabla generate: text from a trained model, as it is written.

import type { Command } from '@commander-js/extra-typings';
import { ArgumentError, Generator } from '@nabla/core';
import { isPretrainedFolder } from '@nabla/models';

import { deviceOption } from '../device.ts';
import { STDIN, readText } from '../input.ts';
import { BEST, withModel } from '../model.ts';
import { collected, integer, number } from '../options.ts';
import type { Output } from '../output.ts';
import { storageOption } from '../storage.ts';
import { type GenerateCommandOptions, generateWithPublished } from './generate-published.ts';

/** Options that a run of a recipe does not know. */
const PUBLISHED_ONLY = ['topP', 'minP', 'repetitionPenalty', 'beams', 'stop', 'json', 'storage'] as const;

/** Defaults for the run of a recipe; a published model has its own. */
const RUN_DEFAULTS = { tokens: 200, temperature: 0.8, topK: 0, seed: 0 };

export function addGenerateCommand(program: Command, output: Output, input: NodeJS.ReadableStream): void {
  program
    .command('generate')
    .description('let a language model write: the one of a run, or a published one')
    .argument('<folder>', 'folder of the run, or of a model from the Hugging Face hub')
    .requiredOption('--prompt <text>', `beginning of the text, or what is to be answered; ${STDIN}: read it from stdin`)
    .option('--tokens <n>', 'how many tokens to add, at most', integer(1))
    .option('--temperature <t>', 'below 1 bolder, above 1 more varied; 0: always the likeliest', number)
    .option('--top-k <k>', 'draw among the k likeliest only; 0: among all', integer(0))
    .option('--top-p <p>', 'draw among the likeliest that have probability p together', number)
    .option('--min-p <p>', 'draw among those at least p times as probable as the likeliest', number)
    .option('--repetition-penalty <x>', 'above 1: rather not what the text has already', number)
    .option('--beams <n>', 'search for the likeliest text with n at once', integer(1))
    .option('--stop <text>', 'where to end; may be given several times', collected)
    .option('--greedy', 'always the likeliest token')
    .option('--seed <n>', 'of the draw', integer(0))
    .option('--json', 'print one JSON object, with every token')
    .addOption(deviceOption())
    .addOption(storageOption())
    .option('--best', BEST)
    .action(async (folder, given) => {
      const options = { ...given, prompt: given.prompt === STDIN ? await readText(input) : given.prompt };
      const write = (await isPretrainedFolder(folder)) ? generateWithPublished : generateWithRun;
      await write(folder, options, output);
    });
}

async function generateWithRun(run: string, options: GenerateCommandOptions, output: Output): Promise<void> {
  const foreign = PUBLISHED_ONLY.find((name) => options[name] !== undefined);
  if (foreign !== undefined) {
    const expected = 'to be one that a run knows';
    const received = `${foreign}, which is for published models`;
    throw new ArgumentError({ op: 'generate', argument: 'the option', expected, received }, 'OPTION');
  }
  await withModel(run, options, output, async ({ generate }) => {
    if (generate === undefined) {
      const hint = 'For the answer of any model: nabla predict.';
      const expected = 'to be of a model that writes text';
      throw new ArgumentError({ op: 'generate', argument: run, expected, received: 'another model', hint }, 'GENERATE');
    }
    const { prompt, tokens, topK, greedy, seed } = options;
    const pieces = generate({
      prompt,
      tokens: tokens ?? RUN_DEFAULTS.tokens,
      temperature: greedy === true ? 0 : (options.temperature ?? RUN_DEFAULTS.temperature),
      topK: topK ?? RUN_DEFAULTS.topK,
      generator: new Generator(seed ?? RUN_DEFAULTS.seed),
    });
    let begun = false;
    for await (const piece of pieces) {
      output.piece(begun ? piece : prompt + piece);
      begun = true;
    }
    output.piece('\n');
  });
}
