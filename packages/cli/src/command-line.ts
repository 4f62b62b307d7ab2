// SPDX-License-Identifier: Apache-2.0
// All commands, and what becomes of their errors.

import { Command, CommanderError } from '@commander-js/extra-typings';
import { NablaError } from '@nabla/core';
import { version } from '@nabla/models';
import { createColors } from 'picocolors';

import { addChatCommand } from './commands/chat.ts';
import { addClassifyCommand } from './commands/classify.ts';
import { addConvertCommand } from './commands/convert.ts';
import { addCrossValidateCommand } from './commands/cross-validate.ts';
import { addDataCommand } from './commands/data.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addDownloadCommand } from './commands/download.ts';
import { addEmbedCommand } from './commands/embed.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addFinetuneCommand } from './commands/finetune.ts';
import { addGenerateCommand } from './commands/generate.ts';
import { addPredictCommand } from './commands/predict.ts';
import { addRecipesCommand } from './commands/recipes.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSummaryCommand } from './commands/summary.ts';
import { addTokenizerCommand } from './commands/tokenizer.ts';
import { addTrainCommand } from './commands/train.ts';
import { Exit, FAILED, MISUSED, SUCCEEDED } from './exit.ts';
import type { Output } from './output.ts';

const COMMANDS = [
  addTrainCommand,
  addFinetuneCommand,
  addEvaluateCommand,
  addCrossValidateCommand,
  addPredictCommand,
  addGenerateCommand,
  addChatCommand,
  addEmbedCommand,
  addClassifyCommand,
  addServeCommand,
  addRecipesCommand,
  addSummaryCommand,
  addDoctorCommand,
  addDataCommand,
  addConvertCommand,
  addTokenizerCommand,
  addDownloadCommand,
];

const SETTINGS_HINT =
  'Options of a recipe are set by their names: --set learningRate=0.1 (see `nabla recipes RECIPE`).';

/**
 * Runs one command.
 *
 * @param input what a command reads that is told to read, stdin
 * @returns the exit status: 0, 1 for an error, 2 for a wrong command line, 130 for an interrupted training
 */
export async function runCommandLine(
  words: readonly string[],
  output: Output,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<number> {
  const program = new Command('nabla').description('deep learning for TypeScript').version(version);
  program.exitOverride().configureOutput({
    writeOut: (text) => output.result(text.trimEnd()),
    writeErr: (text) => output.note(text.trimEnd()),
  });
  for (const add of COMMANDS) add(program, output, input);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return SUCCEEDED;
  } catch (error) {
    if (error instanceof Exit) return error.status;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return SUCCEEDED;
      const command = program.commands.find((each) => each.name() === words[0]);
      const takesSettings = command?.options.some(({ long }) => long === '--set') ?? false;
      if (error.code === 'commander.unknownOption' && takesSettings) output.note(SETTINGS_HINT);
      return MISUSED; // commander has said what is wrong
    }
    reportError(error, words.includes('--json'), output);
    return FAILED;
  }
}

function reportError(error: unknown, json: boolean, output: Output): void {
  const known = error instanceof NablaError;
  const code = known ? error.code : 'INTERNAL';
  const message = error instanceof Error ? error.message : String(error);
  if (json) output.result(JSON.stringify({ event: 'error', code, message }));
  const { red, dim } = createColors(output.terminal !== undefined);
  output.note(`${red('error')} ${message} ${dim(`[${code}]`)}`);
  if (!known && error instanceof Error && error.stack !== undefined) output.note(error.stack);
}
