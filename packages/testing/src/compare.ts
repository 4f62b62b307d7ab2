// SPDX-License-Identifier: Apache-2.0
// Compares numbers within a tolerance and words the differences: where, both values, how far apart.

import { type Tolerance } from './tolerances.ts';
import { indexAt } from './tensor-values.ts';

/** One element that differs too much. */
export interface Difference {
  readonly offset: number;
  readonly received: number;
  readonly expected: number;
  /** Infinity where one is NaN, or they are unequal and one is infinite. */
  readonly absolute: number;
  readonly relative: number;
}

/** Whether two numbers agree. NaN equals NaN; an infinity equals only itself; with tolerance 0, 0 equals -0. */
export function isClose(received: number, expected: number, { absolute, relative }: Tolerance): boolean {
  if (received === expected || (Number.isNaN(received) && Number.isNaN(expected))) return true;
  if (!Number.isFinite(received) || !Number.isFinite(expected)) return false;
  return Math.abs(received - expected) <= absolute + relative * Math.abs(expected);
}

/** Every element that differs, worst first. */
export function differences(received: ArrayLike<number>, expected: ArrayLike<number>, limit: Tolerance): Difference[] {
  const found: Difference[] = [];
  for (let offset = 0; offset < expected.length; offset++) {
    if (isClose(received[offset], expected[offset], limit)) continue;
    found.push(difference(offset, received[offset], expected[offset]));
  }
  const excess = ({ absolute, expected: value }: Difference): number =>
    absolute === Infinity ? Infinity : absolute / (limit.absolute + limit.relative * Math.abs(value));
  const order = (a: Difference, b: Difference): number => (excess(a) === excess(b) ? 0 : excess(b) - excess(a));
  return found.sort(order);
}

function difference(offset: number, received: number, expected: number): Difference {
  const finite = Number.isFinite(received) && Number.isFinite(expected);
  const absolute = finite ? Math.abs(received - expected) : Infinity;
  return { offset, received, expected, absolute, relative: finite ? absolute / Math.abs(expected) : Infinity };
}

const SHOWN = 8;

/** A table of the worst differences, one per line. */
export function describeDifferences(found: readonly Difference[], shape: readonly number[]): string {
  const rows = found
    .slice(0, SHOWN)
    .map(({ offset, received, expected, absolute, relative }) => [
      `[${indexAt(offset, shape).join(', ')}]`,
      formatNumber(received),
      formatNumber(expected),
      absolute.toExponential(2),
      relative.toExponential(2),
    ]);
  const table = [['index', 'received', 'expected', 'absolute', 'relative'], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column])).join('  ')}`.trimEnd());
  if (found.length > SHOWN) lines.push(`  … and ${found.length - SHOWN} more`);
  return lines.join('\n');
}

/** As many digits as float32 has; -0 keeps its sign. */
function formatNumber(value: number): string {
  return Object.is(value, -0) ? '-0' : String(Number(value.toPrecision(9)));
}
