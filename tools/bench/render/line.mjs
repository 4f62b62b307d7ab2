// SPDX-License-Identifier: Apache-2.0
// A row of the report as a line of text.

const NAME = 44;
const FIGURE = 10;

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
  return line(row.case, String(row.threads), row.unit, figures.map(digits));
}
