// SPDX-License-Identifier: Apache-2.0
// What a run tells the world, in order. Progress bars, plots and files are views of these.

import type { Chart } from './chart.ts';

/** Numbers measured on held-out data; `loss` is in nats. */
export type Metrics = Readonly<Record<string, number>>;

export type TrainingEvent =
  | {
      readonly event: 'start';
      readonly recipe: string;
      /** The folder of the run. */
      readonly run: string;
      /** The resolved configuration. */
      readonly config: Readonly<Record<string, unknown>>;
      readonly device: string;
      /** Trainable numbers. */
      readonly parameters: number;
      /** Steps already taken: above 0 when a run is resumed. */
      readonly step: number;
      readonly steps: number;
    }
  | {
      readonly event: 'step';
      readonly step: number;
      /** Training loss of the step. */
      readonly loss: number;
      readonly learningRate: number;
      /** Before clipping. */
      readonly gradientNorm: number;
      readonly samplesPerSecond: number;
    }
  | { readonly event: 'evaluate'; readonly step: number; readonly metrics: Metrics; readonly best: boolean }
  | { readonly event: 'checkpoint'; readonly step: number; readonly path: string }
  | { readonly event: 'chart'; readonly step: number; readonly run: string; readonly chart: Chart }
  | { readonly event: 'interrupt'; readonly step: number; readonly run: string }
  | {
      readonly event: 'end';
      readonly run: string;
      readonly seconds: number;
      readonly steps: number;
      /** True when the loss on held-out data had stopped falling. */
      readonly stoppedEarly: boolean;
      readonly metrics: Metrics;
    };

export type Emit = (event: TrainingEvent) => void;
