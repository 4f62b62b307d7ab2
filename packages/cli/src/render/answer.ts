// SPDX-License-Identifier: Apache-2.0
// The answer of a model in a line.

import { formatNumber } from './format.ts';

/** Entries of a list that are shown of a longer one; --json has them all. */
const SHOWN = 5;

/** The prediction, then what stands behind it: `malignant   (malignant 0.98, benign 0.02)`, and what else was made. */
export function formatAnswer({ prediction, input: _, ...rest }: Readonly<Record<string, unknown>>): string {
  const lists = Object.values(rest).filter((value): value is Record<string, unknown>[] => Array.isArray(value));
  const shown = lists.flatMap((list) => list.slice(0, SHOWN)).map(formatEntry);
  const others = Object.entries(rest).filter(([, value]) => !Array.isArray(value));
  const said = others.map(([name, value]) => `   ${name}: ${formatValue(value)}`);
  const behind = shown.length === 0 ? '' : `   (${shown.join(', ')})`;
  return `${formatValue(prediction)}${behind}${said.join('')}`;
}

function formatEntry(entry: Record<string, unknown>): string {
  return Object.values(entry).map(formatValue).join(' ');
}

function formatValue(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value);
  return /^\s*$/.test(String(value)) ? JSON.stringify(value) : String(value);
}
