// SPDX-License-Identifier: Apache-2.0
// The loss curve of a run in characters.

import type { TrainingEvent } from '@nabla/models';
import { plot } from 'asciichart';

const WIDTH = 64; // characters
const HEIGHT = 12;
const MARGIN = 10; // characters of an axis label and the axis
const DECIMALS = [2, 5] as const; // of an axis label, at least and at most

/** Training loss over the steps; undefined while there are fewer than two values. */
export function lossCurveText(events: readonly TrainingEvent[]): string | undefined {
  const steps = events.flatMap((event) => (event.event === 'step' ? [event] : []));
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined || steps.length < 2) return undefined;
  const losses = stretch(
    steps.map(({ loss }) => loss),
    WIDTH,
  );
  const curve = plot(losses, { height: HEIGHT, format: axisLabel(losses) });
  const axis = `step ${first.step}`.padEnd(WIDTH - String(last.step).length) + String(last.step);
  return `${' '.repeat(MARGIN - 6)}training loss\n${curve}\n${' '.repeat(MARGIN)}${axis}`;
}

/** Writes a number of the axis with as many decimals as tell it from that of the next line. */
function axisLabel(losses: readonly number[]): (value: number) => string {
  const [lowest, highest] = [Math.min(...losses), Math.max(...losses)];
  const enough = Math.ceil(-Math.log10((highest - lowest) / HEIGHT));
  const [fewest, most] = DECIMALS;
  const decimals = Number.isFinite(enough) ? Math.min(Math.max(enough, fewest), most) : fewest;
  // Where all losses are equal, asciichart asks for the label of a row instead of that of a loss.
  return (value) => (lowest === highest ? lowest : value).toFixed(decimals).padStart(MARGIN - 2);
}

/** Exactly `width` values: each the mean of the ones that fall on it, or between two of them, on the line that joins them. */
function stretch(values: readonly number[], width: number): number[] {
  const at = (i: number): number => values[i] ?? NaN;
  return Array.from({ length: width }, (_, i) => {
    const [from, to] = [Math.floor((i * values.length) / width), Math.floor(((i + 1) * values.length) / width)];
    if (to - from > 1) return values.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
    const position = (i * (values.length - 1)) / (width - 1);
    const low = Math.floor(position);
    return at(low) + (position - low) * (at(Math.min(low + 1, values.length - 1)) - at(low));
  });
}
