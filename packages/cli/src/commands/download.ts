// SPDX-License-Identifier: Apache-2.0
// nabla download: a published model from the hub into the cache.

import type { Command } from '@commander-js/extra-typings';

import { fetchModel } from '../find-model.ts';
import { examples } from '../options.ts';
import type { Output } from '../output.ts';

export function addDownloadCommand(program: Command, output: Output): void {
  program
    .command('download')
    .description('fetch a published model from the Hugging Face hub and print its folder')
    .argument('<name>', 'owner/name, or owner/name@revision')
    .addHelpText(
      'after',
      examples(
        'nabla download openai-community/gpt2',
        'nabla download sentence-transformers/all-MiniLM-L6-v2@refs/pr/1',
      ),
    )
    .action(async (name) => output.result(await fetchModel(name, output)));
}
