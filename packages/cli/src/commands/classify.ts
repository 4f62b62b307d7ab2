// SPDX-License-Identifier: Apache-2.0
// nabla classify: what a published model takes texts or images for.

import type { Command } from '@commander-js/extra-typings';
import { PublishedClassifier } from '@nabla/models';

import { chooseDevice, deviceOption } from '../device.ts';
import type { Output } from '../output.ts';
import { formatAnswer } from '../render/answer.ts';
import { storageOption } from '../storage.ts';

export function addClassifyCommand(program: Command, output: Output): void {
  program
    .command('classify')
    .description('ask a published classifier')
    .argument('<folder>', 'folder of a model from the Hugging Face hub, or of one that was fine-tuned')
    .argument('<input...>', 'texts, or paths of images')
    .addOption(deviceOption())
    .addOption(storageOption())
    .option('--json', 'print one JSON object per input')
    .action(async (folder, inputs, { json, device, storage }) => {
      chooseDevice(device, output);
      const classifier = await PublishedClassifier.fromFolder(folder, { storage });
      try {
        for (const answer of await classifier.classify(inputs)) {
          output.result(json === true ? JSON.stringify(answer) : formatAnswer(answer));
        }
      } finally {
        classifier.dispose();
      }
    });
}
