// SPDX-License-Identifier: Apache-2.0
// The data sets that have a name: one line for each.

import { ArgumentError, suggest } from '@nabla/core';
import { breastCancer } from './datasets/breast-cancer.ts';
import { cifar10 } from './datasets/cifar-10.ts';
import { diabetes } from './datasets/diabetes.ts';
import { digits } from './datasets/digits.ts';
import { elNino } from './datasets/el-nino.ts';
import { fashionMnist } from './datasets/fashion-mnist.ts';
import { iris } from './datasets/iris.ts';
import { maunaLoaCo2 } from './datasets/mauna-loa-co2.ts';
import { mnist } from './datasets/mnist.ts';
import { mobyDick } from './datasets/moby-dick.ts';
import { names } from './datasets/names.ts';
import { nile } from './datasets/nile.ts';
import { rtPolarity } from './datasets/rt-polarity.ts';
import { spokenDigits } from './datasets/spoken-digits.ts';
import { sunspots } from './datasets/sunspots.ts';
import { tatoebaFraEng } from './datasets/tatoeba-fra-eng.ts';
import { tinyshakespeare } from './datasets/tinyshakespeare.ts';
import { wikitext2 } from './datasets/wikitext-2.ts';
import { wine } from './datasets/wine.ts';
import type { DatasetEntry } from './entry.ts';

/** Every data set of the registry. */
export const datasets: readonly DatasetEntry[] = [
  breastCancer,
  cifar10,
  diabetes,
  digits,
  elNino,
  fashionMnist,
  iris,
  maunaLoaCo2,
  mnist,
  mobyDick,
  names,
  nile,
  rtPolarity,
  spokenDigits,
  sunspots,
  tatoebaFraEng,
  tinyshakespeare,
  wikitext2,
  wine,
];

/**
 * The entry with this name.
 *
 * @throws {ArgumentError} there is none: offers the nearest spelling (code `DATASET`)
 * @example
 * findDataset('moby-dick').kind; // 'text'
 */
export function findDataset(name: string): DatasetEntry {
  const entry = datasets.find((candidate) => candidate.name === name);
  if (entry !== undefined) return entry;
  const known = datasets.map((candidate) => candidate.name);
  const expected = 'to be the name of a data set, or a file that exists';
  const mismatch = {
    op: 'resolveDataset',
    argument: 'data',
    expected,
    received: `"${name}"`,
    hint: suggest(name, known),
  };
  throw new ArgumentError(mismatch, 'DATASET');
}
