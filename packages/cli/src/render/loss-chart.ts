// SPDX-License-Identifier: Apache-2.0
// The loss curve of a run.

import type { Chart, TrainingEvent } from '@nabla/models';

/** Training loss and held-out loss over the steps, from the events of a run. */
export function lossChart(events: readonly TrainingEvent[]): Chart {
  const training = events.flatMap((event): [number, number][] =>
    event.event === 'step' ? [[event.step, event.loss]] : [],
  );
  const heldOut = events.flatMap((event): [number, number][] =>
    event.event === 'evaluate' ? [[event.step, event.metrics['loss'] ?? NaN]] : [],
  );
  const lines = [
    { name: 'training', points: training },
    { name: 'held out', points: heldOut },
  ];
  return { name: 'loss', title: 'Loss over training steps', x: 'step', y: 'loss', lines };
}
