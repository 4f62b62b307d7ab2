// SPDX-License-Identifier: Apache-2.0
// nabla evaluate: the metrics of a trained model on held-out or other data.

import type { Command } from '@commander-js/extra-typings';
import type { EvaluationProgress, Metrics, RestoredModel } from '@nabla/models';

import { dataName, dataResolver } from '../data.ts';
import { deviceOption } from '../device.ts';
import { BEST, withModel } from '../model.ts';
import type { Output } from '../output.ts';
import { formatMetrics } from '../render/format.ts';
import { Progress } from '../render/progress.ts';

export function addEvaluateCommand(program: Command, output: Output): void {
  program
    .command('evaluate')
    .description("measure a trained model on its run's held-out data, or on other data")
    .argument('<run>', 'folder of the run')
    .option('--data <path|name>', "other data; or a folder in which to look for the run's own")
    .addOption(deviceOption())
    .option('--best', BEST)
    .option('--json', 'print one JSON object')
    .action(async (run, { data, json, ...options }) => {
      await withModel(run, options, output, async (model) => {
        const metrics = await measure(model, data, output);
        output.result(json === true ? JSON.stringify({ event: 'evaluate', run, metrics }) : formatMetrics(metrics));
      });
    });
}

/** The metrics; shows how far that has come, where it takes long. */
async function measure(model: RestoredModel, data: string | undefined, output: Output): Promise<Metrics> {
  const progress = new Progress(output);
  const onProgress = ({ done, total }: EvaluationProgress): void => progress.show('examples measured', done, total);
  try {
    return await model.evaluate(dataResolver(output, data), dataName(data), onProgress);
  } finally {
    progress.stop();
  }
}
