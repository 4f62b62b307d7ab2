// SPDX-License-Identifier: Apache-2.0
// nabla classify: what a published model takes texts or images for.

import type { Command } from '@commander-js/extra-typings';
import { PublishedClassifier } from '@nabla/models';

import { checkAbility } from '../abilities.ts';
import { chooseDevice, deviceOption } from '../device.ts';
import { findModel, modelArgument } from '../find-model.ts';
import { STDIN, readLines } from '../input.ts';
import { examples } from '../options.ts';
import type { Output } from '../output.ts';
import { formatAnswer } from '../render/answer.ts';
import { storageOption } from '../storage.ts';

export function addClassifyCommand(program: Command, output: Output, input: NodeJS.ReadableStream): void {
  program
    .command('classify')
    .description('ask a published classifier, or one that was fine-tuned')
    .argument('<model>', modelArgument('a fine-tuned run'))
    .argument('[input...]', `texts, or paths of images; ${STDIN}, or nothing: the lines of stdin`)
    .addOption(deviceOption())
    .addOption(storageOption())
    .option('--json', 'print one JSON object per input')
    .addHelpText(
      'after',
      examples(
        'nabla classify distilbert/distilbert-base-uncased-finetuned-sst-2-english "What a film!"',
        'nabla classify google/vit-base-patch16-224 cat.jpg dog.jpg --json',
        'nabla classify runs/finetune-1 < reviews.txt',
      ),
    )
    .action(async (source, words, { json, device, storage }, command) => {
      const inputs = await readLines(words, input, command);
      const found = await findModel(source, output);
      await checkAbility('classify', found);
      chooseDevice(device, output);
      const classifier = await PublishedClassifier.fromFolder(found.folder, { storage });
      try {
        for (const answer of await classifier.classify(inputs)) {
          output.result(json === true ? JSON.stringify(answer) : formatAnswer(answer));
        }
      } finally {
        classifier.dispose();
      }
    });
}
