// SPDX-License-Identifier: Apache-2.0
// Runs the suite of layers over everything that @nabla/layers exports.

import * as layers from '@nabla/layers';
import { checkLayer } from './check-layer.ts';
import { checkEveryMember } from './every-member.ts';
import { activationRows } from './rows/activations.ts';
import { layerRows } from './rows/layers.ts';
import { lossRows } from './rows/losses.ts';

const rows = { ...layerRows, ...activationRows, ...lossRows };

// Exports that are no layers, and where they are tested: beside their source, or through the layer that they serve.
const others = [
  'Module',
  'binaryCrossEntropyWithLogits',
  'buffer',
  'crossEntropy',
  'findNonFinite',
  'mseLoss',
  'parameter',
];

describe('@nabla/layers', () => {
  checkEveryMember(layers, [...Object.keys(rows), ...others]);
});

for (const [name, row] of Object.entries(rows)) checkLayer(name, row);
