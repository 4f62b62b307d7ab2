// SPDX-License-Identifier: Apache-2.0
// nabla download: a published model from the hub into the cache.

import type { Command } from '@commander-js/extra-typings';
import { resolvePretrained } from '@nabla/models';

import type { Output } from '../output.ts';
import { ByteProgress } from '../render/byte-progress.ts';

export function addDownloadCommand(program: Command, output: Output): void {
  program
    .command('download')
    .description('fetch a published model from the Hugging Face hub and print its folder')
    .argument('<name>', 'owner/name, or owner/name@revision')
    .action(async (name) => {
      const progress = new ByteProgress(output);
      try {
        const folder = await resolvePretrained(name, {
          onProgress: ({ file, received, total }) => progress.show(file, received, total),
        });
        progress.stop();
        output.result(folder);
      } finally {
        progress.stop();
      }
    });
}
