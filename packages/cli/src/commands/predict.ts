// SPDX-License-Identifier: Apache-2.0
// nabla predict: the answer of a trained model to each input.

import type { Command } from '@commander-js/extra-typings';

import { deviceOption } from '../device.ts';
import { BEST, withModel } from '../model.ts';
import type { Output } from '../output.ts';
import { formatNumber } from '../render/format.ts';

export function addPredictCommand(program: Command, output: Output): void {
  program
    .command('predict')
    .description('ask a trained model')
    .argument('<run>', 'folder of the run')
    .argument(
      '<input...>',
      'fnn: the numbers of a row, with commas (after -- if it begins with -); cnn, attention, vit: an image file; transformer: the beginning of a text',
    )
    .addOption(deviceOption())
    .option('--best', BEST)
    .option('--json', 'print one JSON object per input')
    .action(async (run, inputs, { json, ...options }) => {
      await withModel(run, options, output, async (model) => {
        for (const answer of await model.predict(inputs)) {
          output.result(json === true ? JSON.stringify(answer) : formatAnswer(answer));
        }
      });
    });
}

/** Entries of a list that are shown of a longer one; --json has them all. */
const SHOWN = 5;

/** The prediction, then what stands behind it: `malignant   (malignant 0.98, benign 0.02)`, and what else was made. */
function formatAnswer({ prediction, input: _, ...rest }: Readonly<Record<string, unknown>>): string {
  const lists = Object.values(rest).filter((value): value is Record<string, unknown>[] => Array.isArray(value));
  const shown = lists.flatMap((list) => list.slice(0, SHOWN)).map(formatEntry);
  const others = Object.entries(rest).filter(([, value]) => !Array.isArray(value));
  const said = others.map(([name, value]) => `   ${name}: ${formatValue(value)}`);
  return `${formatValue(prediction)}   (${shown.join(', ')})${said.join('')}`;
}

function formatEntry(entry: Record<string, unknown>): string {
  return Object.values(entry).map(formatValue).join(' ');
}

function formatValue(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value);
  return /^\s*$/.test(String(value)) ? JSON.stringify(value) : String(value);
}
