// SPDX-License-Identifier: Apache-2.0
// nabla generate: text from a trained model, as it is written.

import type { Command } from '@commander-js/extra-typings';
import { ArgumentError, Generator } from '@nabla/core';

import { checkAbility } from '../abilities.ts';
import { deviceOption } from '../device.ts';
import { addDrawingOptions } from '../drawing.ts';
import { MISUSED } from '../exit.ts';
import { findModel, modelArgument } from '../find-model.ts';
import { STDIN, isTerminal, readText } from '../input.ts';
import { untilInterrupted } from '../interrupt.ts';
import { BEST, withModel } from '../model.ts';
import { collected, examples, integer } from '../options.ts';
import type { Output } from '../output.ts';
import { storageOption } from '../storage.ts';
import { type GenerateCommandOptions, generateWithPublished } from './generate-published.ts';

/** Options that a run of a recipe does not know. */
const PUBLISHED_ONLY = ['topP', 'minP', 'repetitionPenalty', 'beams', 'firstToken', 'stop', 'storage'] as const;

/** Defaults for the run of a recipe; a published model has its own. */
const RUN_DEFAULTS = { tokens: 200, temperature: 0.8, topK: 0, seed: 0 };

export function addGenerateCommand(program: Command, output: Output, input: NodeJS.ReadableStream): void {
  addDrawingOptions(program.command('generate'))
    .description('let a language model write: the one of a run, or a published one')
    .argument('<model>', modelArgument('a run'))
    .option(
      '--prompt <text>',
      `beginning of the text, or what is to be answered; ${STDIN}, or nothing: read from stdin`,
    )
    .option('--beams <n>', 'search for the likeliest text with n at once', integer(1))
    .option('--first-token <token>', 'the token to begin with, such as that of the language to write')
    .option('--stop <text>', 'where to end; may be given several times', collected)
    .option('--json', 'print one JSON object; of a published model, with every token')
    .addOption(deviceOption())
    .addOption(storageOption())
    .option('--best', BEST)
    .addHelpText(
      'after',
      examples(
        'nabla generate openai-community/gpt2 --prompt "The sea" --tokens 40 --temperature 0.8',
        'nabla generate ./t5-small --beams 4 < question.txt',
        'nabla generate runs/transformer-1 --prompt "Call me"',
      ),
    )
    .action(async (source, given, command) => {
      const prompt = await promptOf(given.prompt, input);
      if (prompt === undefined) return command.error('error: no --prompt, and nothing on stdin', { exitCode: MISUSED });
      const options = { ...given, prompt };
      const found = await findModel(source, output);
      const isRun = found.kind === 'run' || (options.best === true && found.recipe !== undefined);
      if (isRun) return generateWithRun(source, options, output);
      await checkAbility('generate', found);
      await generateWithPublished(found, options, output);
    });
}

/** What was given as the prompt, or what is piped in; undefined where there is neither. */
async function promptOf(given: string | undefined, input: NodeJS.ReadableStream): Promise<string | undefined> {
  if (given === STDIN) return readText(input);
  if (given !== undefined) return given;
  const piped = isTerminal(input) ? '' : await readText(input);
  return piped === '' ? undefined : piped;
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
    const { prompt, tokens, topK, greedy, seed, json } = options;
    const pieces = generate({
      prompt,
      tokens: tokens ?? RUN_DEFAULTS.tokens,
      temperature: greedy === true ? 0 : (options.temperature ?? RUN_DEFAULTS.temperature),
      topK: topK ?? RUN_DEFAULTS.topK,
      generator: new Generator(seed ?? RUN_DEFAULTS.seed),
    });
    await untilInterrupted(async (signal) => {
      let [before, text] = [prompt, '']; // the prompt not before the first piece: an error comes without
      for await (const piece of pieces) {
        text += piece;
        if (json === undefined) output.piece(before + piece);
        before = '';
        if (signal.aborted) break;
      }
      if (json === undefined) output.piece('\n');
      signal.throwIfAborted();
      if (json === true) output.result(JSON.stringify({ event: 'generate', model: run, prompt, text }));
    });
  });
}
