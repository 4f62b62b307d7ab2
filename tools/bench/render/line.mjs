// SPDX-License-Identifier: Apache-2.0
// A row of the report as a line of text.

import { memoryRatio, verdict } from '../bars.mjs';

const NAME = 44;
const FIGURE = 11;

/** Three significant digits. */
export function digits(value) {
  if (value === undefined || value === null) return '–';
  if (value === 0) return '0';
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}

const line = (name, threads, unit, figures) =>
  [name.padEnd(NAME), threads.padStart(7), unit.padEnd(7), ...figures.map((figure) => figure.padStart(FIGURE))].join(
    ' ',
  );

/** The heads of the columns. */
export function titleOf(peers) {
  return line('case', 'threads', 'unit', ['ours', ...peers, 'ratio']);
}

export function lineOf(row, peers) {
  const figures = [row.ours, ...peers.map((name) => row.peers[name]), row.ratio];
  return [line(row.case, String(row.threads), row.unit, figures.map(digits)), ...moreOf(row)].join('  ');
}

/** In words what only some rows have, and whether bars are reached. */
function moreOf(row) {
  const { kernelRatio, ofLimit, slowdown, memory } = row;
  return [
    verdict(row, 'ratio'),
    kernelRatio && `kernel alone ${digits(row.kernel)}, ${digits(kernelRatio)} ${verdict(row, 'kernelRatio')}`,
    ofLimit && `${digits(ofLimit)} of the limit ${verdict(row, 'ofLimit')}`,
    slowdown && `${digits(slowdown.ours)} times as slow ${verdict(row, 'slowdown')}`,
    memory && `${digits(memory.ours)} MiB, ${digits(memoryRatio(row))} of the peer ${verdict(row, 'memory')}`,
  ].filter(Boolean);
}
