// SPDX-License-Identifier: Apache-2.0
// Runs the suite of layers over everything that @nabla/layers exports.

import * as layers from '@nabla/layers';
import { checkLayer } from './check-layer.ts';
import { checkEveryMember } from './every-member.ts';
import { activationRows } from './rows/activations.ts';
import { attentionRows } from './rows/attention.ts';
import { bilinearEmbeddingRows } from './rows/bilinear-embedding.ts';
import { convRows } from './rows/conv.ts';
import { distanceRows } from './rows/distances.ts';
import { layerRows } from './rows/layers.ts';
import { lossModuleRows } from './rows/loss-modules.ts';
import { lossRows } from './rows/losses.ts';
import { moduleRows } from './rows/modules.ts';
import { normRows } from './rows/norm.ts';
import { poolRows } from './rows/pool.ts';
import { recurrentRows } from './rows/recurrent.ts';
import { spatialRows } from './rows/spatial.ts';

const rows = {
  ...layerRows,
  ...activationRows,
  ...attentionRows,
  ...bilinearEmbeddingRows,
  ...convRows,
  ...distanceRows,
  ...lossModuleRows,
  ...lossRows,
  ...moduleRows,
  ...normRows,
  ...poolRows,
  ...recurrentRows,
  ...spatialRows,
};

// Exports that are no layers, and where they are tested: beside their source, or through the layer that they serve.
const others = [
  'Module',
  'ModuleSummary',
  'binaryCrossEntropy',
  'binaryCrossEntropyWithLogits',
  'buffer',
  'cosineEmbeddingLoss',
  'cosineSimilarity',
  'crossEntropy',
  'findNonFinite',
  'gaussianNllLoss',
  'hingeEmbeddingLoss',
  'huberLoss',
  'infoNceLoss',
  'klDivLoss',
  'l1Loss',
  'marginRankingLoss',
  'mseLoss',
  'nllLoss',
  'pairwiseDistance',
  'parameter',
  'poissonNllLoss',
  'removeSpectralNorm',
  'removeWeightNorm',
  'sigmoidFocalLoss',
  'smoothL1Loss',
  'summarize',
  'summary',
  'tripletMarginLoss',
];

describe('@nabla/layers', () => {
  checkEveryMember(layers, [...Object.keys(rows), ...others]);
});

for (const [name, row] of Object.entries(rows)) checkLayer(name, row);
