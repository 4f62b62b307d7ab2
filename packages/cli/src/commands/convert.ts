// SPDX-License-Identifier: Apache-2.0
// nabla convert: weights of PyTorch to safetensors.

import { type Command, Option } from '@commander-js/extra-typings';
import { convertPretrained } from '@nabla/models';

import { examples, size } from '../options.ts';
import type { Output } from '../output.ts';
import { formatBytes } from '../render/format.ts';
import { Progress } from '../render/progress.ts';

export function addConvertCommand(program: Command, output: Output): void {
  program
    .command('convert')
    .description('make safetensors of pytorch_model.bin, .pt or .pth, without running what is in them')
    .argument('<source>', 'folder of a published model, or a file of torch.save')
    .argument('[target]', 'folder, or NAME.safetensors; default: the folder of the source')
    .addOption(
      new Option('--dtype <type>', 'of all floats; default: as they are').choices(['F32', 'F16', 'BF16'] as const),
    )
    .option('--shard-size <size>', 'largest file, such as 500MB; more becomes several', size, 5e9)
    .option('--force', 'replace weights that are there already')
    .addHelpText('after', examples('nabla convert ./old-model', 'nabla convert ./old-model ./half --dtype F16'))
    .action(async (source, target, { dtype, shardSize, force }) => {
      const progress = new Progress(output, formatBytes);
      try {
        const { files, shared } = await convertPretrained(source, {
          target,
          dtype,
          shardBytes: shardSize,
          force,
          onProgress: ({ done, total }) => progress.show(source, done, total),
        });
        progress.stop();
        for (const [name, first] of Object.entries(shared)) output.note(`${name} is ${first}, written once`);
        for (const file of files) output.result(file);
      } finally {
        progress.stop();
      }
    });
}
