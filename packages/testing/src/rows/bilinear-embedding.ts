// SPDX-License-Identifier: Apache-2.0
// Rows of Bilinear and EmbeddingBag, and the golden cases of Embedding with padding.

import * as layers from '@nabla/layers';
import { type GoldenLayer, type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomIntegers, randomTensor } from '../random-tensor.ts';

const bilinear = layerRow<layers.Bilinear>({
  make: (generator) => new layers.Bilinear(3, 4, 2, { generator }),
  inputs: () => [randomTensor([2, 5, 3], { seed: 1 }), randomTensor([2, 5, 4], { seed: 2 })],
  forward: (layer, x1, x2) => layer.forward(x1, x2),
  output: [2, 5, 2],
  parameters: { weight: [2, 3, 4], bias: [2] },
  golden: golden('bilinear').cases.map((recorded) => ({
    recorded,
    make: (generator) => {
      const { inputs1, inputs2, outputs, bias } = recorded.options;
      return new layers.Bilinear(inputs1, inputs2, outputs, { generator, bias });
    },
    forward: (layer, { x1, x2 }) => layer.forward(x1, x2),
  })),
});

const ofLayer = (name: string) => golden('embedding_layers').cases.filter(({ options: { layer } }) => layer === name);

const embeddingBag = layerRow<layers.EmbeddingBag>({
  make: (generator) => new layers.EmbeddingBag(7, 3, { generator }),
  inputs: () => [randomIntegers([2, 5], 7, { seed: 1 })],
  forward: (layer, indices) => layer.forward(indices),
  output: [2, 3],
  parameters: { weight: [7, 3] },
  looksUp: true,
  golden: ofLayer('EmbeddingBag').map((recorded) => ({
    recorded,
    make: (generator) => {
      const { vocabulary, features, paddingIndex, mode } = recorded.options;
      const options = { ...(paddingIndex !== undefined && { paddingIndex }), ...(mode !== undefined && { mode }) };
      return new layers.EmbeddingBag(vocabulary, features, { generator, ...options });
    },
    forward: (layer, { indices, factors }) => layer.forward(indices, factors),
  })),
});

/** Cases of Embedding that rows/layers.ts does not have. */
export const paddedEmbeddings: readonly GoldenLayer<layers.Embedding>[] = ofLayer('Embedding').map((recorded) => ({
  recorded,
  make: (generator) => {
    const { vocabulary, features, paddingIndex } = recorded.options;
    return new layers.Embedding(vocabulary, features, { generator, paddingIndex: paddingIndex as number });
  },
  forward: (layer, { indices }) => layer.forward(indices),
}));

/** Rows by the name of the class. */
export const bilinearEmbeddingRows: Readonly<Record<string, LayerRow>> = {
  Bilinear: bilinear,
  EmbeddingBag: embeddingBag,
};
