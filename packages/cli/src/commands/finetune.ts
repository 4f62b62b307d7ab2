// SPDX-License-Identifier: Apache-2.0
// nabla finetune: a published model learns from your texts.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import { type Command, Option } from '@commander-js/extra-typings';
import { FINETUNE_TASKS, type RawConfiguration } from '@nabla/models';

import { deviceOption } from '../device.ts';
import { integer, number, setting } from '../options.ts';
import type { Output } from '../output.ts';
import { train } from './train.ts';

export function addFinetuneCommand(program: Command, output: Output): void {
  program
    .command('finetune')
    .description('let a published model learn from your texts')
    .argument('<model>', 'folder of the model, or its name on the Hugging Face hub')
    .addOption(new Option('--task <task>', 'what is learned').choices(FINETUNE_TASKS).makeOptionMandatory())
    .option(
      '--data <path|name>',
      'CSV or JSON lines (classification), a text (causal-lm), pairs (seq2seq), or a data set',
    )
    .option('--out <folder>', 'folder of the run (default: runs/finetune-N)')
    .addOption(deviceOption())
    .option('--seed <n>', 'seed of everything random', integer(0))
    .option('--steps <n>', 'optimizer steps', integer(1))
    .option('--epochs <n>', 'passes over the training data', number)
    .option('--batch-size <n>', 'texts in a batch', integer(1))
    .option('--learning-rate <rate>', 'the highest of the schedule', number)
    .option('--lora-rank <n>', 'train low-rank corrections of this rank instead of all weights', integer(1))
    .option('--lora-targets <names>', 'layers to correct, with commas between, or all-linear')
    .option('--gradient-checkpointing', 'compute blocks twice, to need less memory')
    .option('--config <file>', 'options in a YAML file')
    .option('--set <key=value>', 'one option; may be repeated (see `nabla recipes finetune`)', setting)
    .option('--json', 'print one JSON object per line and nothing else')
    .action(
      async (model, { task, batchSize, learningRate, loraRank, loraTargets, gradientCheckpointing, ...options }) => {
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
          model: existsSync(model) ? resolve(model) : model,
          task,
          ...Object.fromEntries(given),
        };
        await train('finetune', { ...options, set }, output);
      },
    );
}
