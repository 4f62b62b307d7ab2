// SPDX-License-Identifier: Apache-2.0
// nabla data: the data sets that have a name, and getting one.

import type { Command } from '@commander-js/extra-typings';
import { datasets } from '@nabla/data';

import { dataResolver } from '../data.ts';
import type { Output } from '../output.ts';
import { formatBytes } from '../render/format.ts';
import { table } from '../render/table.ts';

export function addDataCommand(program: Command, output: Output): void {
  const data = program.command('data').description('list and get data sets');
  data
    .command('list')
    .description('list the data sets that have a name')
    .action(() => {
      const rows = datasets.map(({ name, title, license, files }) => {
        const bytes = files.reduce((total, file) => total + file.bytes, 0);
        return [name, title, license, formatBytes(bytes)];
      });
      output.result(table(['name', 'what', 'licence', 'size'], rows));
    });
  data
    .command('get')
    .description('find or download a data set and print where it is')
    .argument('<name>', 'name of a data set')
    .action(async (name) => {
      const { files } = await dataResolver(output)(name);
      for (const file of files) output.result(file.path);
    });
}
