// SPDX-License-Identifier: Apache-2.0
// Definitions of tfjs' Range and LinSpace: evenly spaced numbers. tfjs' own add up the step, whose error grows with every element.

import type { KernelConfig } from '../../tf.ts';
import { definition } from '../kernel.ts';

interface RangeAttributes {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly dtype: 'float32' | 'int32';
}

/** `out[i] = start + i · step`, up to `stop` and without it; from a start beyond it downwards where the step is 1, as tfjs does. */
const range = definition<object, RangeAttributes>('Range', (_, { start, stop, step, dtype }, backend) => {
  const by = stop < start && step === 1 ? -1 : step;
  const length = Math.max(0, Math.ceil((stop - start) / by));
  const values = dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
  for (let i = 0; i < length; i++) values[i] = start + i * by;
  return backend.make([length], dtype, values);
});

interface LinSpaceAttributes {
  readonly start: number;
  readonly stop: number;
  readonly num: number;
}

/** `out[i] = start + i · (stop - start) / (num - 1)`; the last is `stop` itself. */
const linSpace = definition<object, LinSpaceAttributes>('LinSpace', (_, { start, stop, num }, backend) => {
  const values = new Float32Array(num);
  values[num - 1] = stop;
  values[0] = start; // of a single one, too
  for (let i = 1; i < num - 1; i++) values[i] = start + (i * (stop - start)) / (num - 1);
  return backend.make([num], 'float32', values);
});

export const sequenceDefinitions: readonly KernelConfig[] = [range, linSpace];
