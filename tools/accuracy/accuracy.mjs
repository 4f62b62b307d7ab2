// SPDX-License-Identifier: Apache-2.0
// `npm run accuracy`: measures how far the native kernels are from the same formulas in float64, on every CPU target, and writes
// docs/accuracy.md. `-- --json` prints the rows instead: for the test that fails where a kernel is further off than the document says.

import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

import { root } from '../stage.mjs';
import { measureAll } from './measure.mjs';
import { loadAddon } from '../kernels/native.mjs';

const path = `${root}docs/accuracy.md`;
const addon = loadAddon();
const rows = measureAll(addon);
const targets = addon.targets();

const words = `# Accuracy

How far the native kernels are from their formulas in float64, as measured by \`npm run accuracy\` on thousands of random inputs. An
error of 0.5 is that of correct rounding. Kernels that are not listed move or choose elements, compute with integers, or are
tested against their definitions alone.

## Functions of elements

Errors in units in the last place of the result. Inputs are spread over the range evenly, and over its magnitudes down to 1e-40.
gelu and geluTanh lose digits where they come close to 0, as PyTorch's do: below -2 they err by up to 2^-24 |x|. Without a
fused multiply-add (baseline) so do the slopes of sigmoid and tanh where these are close to 1.

${table(
  rows.filter(({ kind }) => kind === 'elements'),
  'range',
)}

## Sums

Errors in units of 2^-23 times the sum of the magnitudes of the terms, which bounds what rounding the terms themselves may do.
Inputs are in [-1, 1].

${table(
  rows.filter(({ kind }) => kind === 'sums'),
  'size',
)}
`;

function table(list, column) {
  const head = `| kernel | ${column} | ${targets.join(' | ')} |\n| --- | --- | ${targets.map(() => '---').join(' | ')} |`;
  const lines = list.map(
    ({ kernel, inputs, errors }) => `| \`${kernel}\` | ${inputs} | ${errors.map(shown).join(' | ')} |`,
  );
  return [head, ...lines].join('\n');
}

/** Rounded up, so that a check against it passes. */
function shown(error) {
  const digits = error >= 100 ? 0 : error >= 10 ? 1 : 2;
  return (Math.ceil(error * 10 ** digits) / 10 ** digits).toFixed(digits);
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(rows));
} else {
  writeFileSync(path, await format(words, { ...(await resolveConfig(path)), filepath: path }));
  console.log(`docs/accuracy.md: ${rows.length} rows, targets ${targets.join(', ')}`);
}
