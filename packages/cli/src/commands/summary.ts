// SPDX-License-Identifier: Apache-2.0
// nabla summary: the modules of a model, their parameters and what they cost.

import type { Command } from '@commander-js/extra-typings';
import { summarizeRecipe } from '@nabla/models';

import { dataName, dataResolver, withFullPath } from '../data.ts';
import { chooseDevice, deviceOption } from '../device.ts';
import { setting } from '../options.ts';
import type { Output } from '../output.ts';

export function addSummaryCommand(program: Command, output: Output): void {
  program
    .command('summary')
    .description('list the modules of a model: outputs, parameters, floating-point operations for one example')
    .argument('<recipe|run>', 'name of a recipe, or folder of a run')
    .option('--data <path|name>', 'other data; or a folder in which to look for them')
    .option('--set <key=value>', 'one option; may be repeated (see `nabla recipes RECIPE`)', setting)
    .addOption(deviceOption())
    .option('--json', 'print one JSON object')
    .action(async (of, { data, set = {}, device, json }) => {
      chooseDevice(device, output);
      const name = dataName(data);
      const overrides = [withFullPath(set), name === undefined ? {} : { data: name }];
      const summary = await summarizeRecipe(of, { overrides, resolveData: dataResolver(output, data) });
      output.result(json === true ? JSON.stringify({ event: 'summary', of, ...summary }) : String(summary));
    });
}
