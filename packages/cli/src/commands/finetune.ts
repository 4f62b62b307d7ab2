// SPDX-License-Identifier: Apache-2.0
// nabla finetune: a published model learns from your texts.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { type Command, Option } from '@commander-js/extra-typings';
import { ArgumentError } from '@nabla/core';
import { FINETUNE_TASKS, type RawConfiguration } from '@nabla/models';

import { findModel, modelArgument } from '../find-model.ts';
import { examples, integer, number } from '../options.ts';
import type { Output } from '../output.ts';
import { addTrainingOptions } from '../training-options.ts';
import { train } from './train.ts';

export function addFinetuneCommand(program: Command, output: Output): void {
  addTrainingOptions(program.command('finetune'))
    .description('let a published model learn from your texts')
    .argument('<model>', modelArgument('a fine-tuned run'))
    .addOption(new Option('--task <task>', 'what is learned').choices(FINETUNE_TASKS).makeOptionMandatory())
    .option(
      '--data <path|name>',
      'CSV or JSON lines (classification), a text (causal-lm), pairs (seq2seq), or a data set',
    )
    .option('--out <folder>', 'folder of the run (default: runs/finetune-N)')
    .option('--batch-size <n>', 'texts in a batch', integer(1))
    .option('--learning-rate <rate>', 'the highest of the schedule', number)
    .option('--lora-rank <n>', 'train low-rank corrections of this rank instead of all weights', integer(1))
    .option('--lora-targets <names>', 'layers to correct, with commas between, or all-linear')
    .option('--gradient-checkpointing', 'compute blocks twice, to need less memory')
    .addHelpText(
      'after',
      examples(
        'nabla finetune google-bert/bert-base-uncased --task classification --data reviews.csv',
        'nabla finetune openai-community/gpt2 --task causal-lm --data book.txt --lora-rank 8',
      ),
    )
    .action(
      async (source, { task, batchSize, learningRate, loraRank, loraTargets, gradientCheckpointing, ...options }) => {
        const targets = loraTargets === 'all-linear' ? loraTargets : loraTargets?.split(',');
        const named: RawConfiguration = {
          batchSize,
          learningRate,
          loraRank,
          loraTargets: targets,
          gradientCheckpointing,
        };
        const given = Object.entries(named).filter(([, value]) => value !== undefined);
        const set = {
          ...options.set,
          model: await learner(source, output),
          task,
          ...Object.fromEntries(given),
        };
        await train('finetune', { ...options, set }, output);
      },
    );
}

/** The model that is to learn: a full path, or a name of the hub, whose files are fetched first. */
async function learner(source: string, output: Output): Promise<string> {
  const { kind, folder, recipe } = await findModel(source, output);
  if (kind === 'published') return existsSync(source) ? resolve(folder) : source;
  const expected = 'to be a published model';
  const received = kind === 'run' ? `a run of the recipe ${String(recipe)}` : 'corrections of a model';
  const hint = 'A run of our own goes on with nabla train --resume RUN.';
  throw new ArgumentError({ op: 'finetune', argument: `"${source}"`, expected, received, hint }, 'MODEL');
}
