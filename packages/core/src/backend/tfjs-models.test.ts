// SPDX-License-Identifier: Apache-2.0
// Models of tfjs-layers and tfjs-converter on our devices: who has one need not write it anew.

import { loadGraphModel } from '@tensorflow/tfjs-converter';
import * as layers from '@tensorflow/tfjs-layers';

import { devices, randomIntegers, randomTensor, selectDevice, tolerance, useDevice } from '@nabla/testing';
import { setDevice } from '../device.ts';
import { type Tensor, type io, oneHot, tensor, tensor2d, train } from '../tf.ts';

const seeded = (seed: number) => layers.initializers.glorotUniform({ seed });

function convolutional(): layers.Sequential {
  const conv = { activation: 'relu', padding: 'same' } as const;
  return layers.sequential({
    layers: [
      layers.layers.conv2d({ ...conv, inputShape: [8, 7, 2], filters: 4, kernelSize: 3, kernelInitializer: seeded(1) }),
      layers.layers.batchNormalization(),
      layers.layers.maxPooling2d({ poolSize: 2, padding: 'same' }),
      layers.layers.depthwiseConv2d({ ...conv, kernelSize: 3, depthwiseInitializer: seeded(2) }),
      layers.layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
      layers.layers.flatten(),
      layers.layers.dense({ units: 5, activation: 'tanh', kernelInitializer: seeded(3) }),
      layers.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: seeded(4) }),
    ],
  });
}

function recurrent(): layers.Sequential {
  return layers.sequential({
    layers: [
      layers.layers.embedding({ inputDim: 11, outputDim: 4, inputLength: 6, embeddingsInitializer: seeded(1) }),
      layers.layers.lstm({
        units: 5,
        returnSequences: true,
        kernelInitializer: seeded(2),
        recurrentInitializer: seeded(3),
      }),
      layers.layers.layerNormalization(),
      layers.layers.gru({ units: 4, kernelInitializer: seeded(4), recurrentInitializer: seeded(5) }),
      layers.layers.dense({ units: 3, activation: 'softmax', kernelInitializer: seeded(6) }),
    ],
  });
}

interface Trained {
  readonly losses: number[];
  readonly weights: number[][];
  readonly predicted: number[];
}

/** Four steps of gradient descent on one batch. */
async function trained(build: () => layers.Sequential, x: () => Tensor): Promise<Trained> {
  const model = build();
  const optimizer = train.sgd(0.1);
  model.compile({ optimizer, loss: 'categoricalCrossentropy' });
  const y = oneHot(randomIntegers([6], 3, { seed: 8 }), 3);
  const losses: number[] = [];
  for (let step = 0; step < 4; step++) losses.push((await model.trainOnBatch(x(), y)) as number);
  const predicted = Array.from((model.predict(x()) as Tensor).dataSync());
  const weights = model.getWeights().map((weight) => Array.from(weight.dataSync()));
  model.dispose();
  optimizer.dispose();
  return { losses, weights, predicted };
}

describe.each([
  ['a convolutional model', convolutional, () => randomTensor([6, 8, 7, 2], { seed: 7 })],
  ['a recurrent model', recurrent, () => randomIntegers([6, 6], 11, { seed: 7 }).toFloat()],
] as const)('%s of tfjs-layers', (_, build, x) => {
  let expected: Trained;

  beforeAll(async () => {
    selectDevice('js');
    expected = await trained(build, x);
    setDevice('auto');
  });

  describe.each(devices())('on %s', (device) => {
    useDevice(device);

    it('trains as on device js', async () => {
      const found = await trained(build, x);
      expect(found.losses[3]).toBeLessThan(found.losses[0]);
      expect(Float32Array.from(found.losses)).toHaveLength(4);
      const close = tolerance('training', 4);
      expect(tensor(found.losses)).toBeCloseToTensor(Float32Array.from(expected.losses), close);
      expect(tensor(found.predicted)).toBeCloseToTensor(Float32Array.from(expected.predicted), close);
      expect(found.weights.length).toBe(expected.weights.length);
      found.weights.forEach((weight, i) =>
        expect(tensor(weight)).toBeCloseToTensor(Float32Array.from(expected.weights[i]), close),
      );
    });
  });
});

/** `softmax(relu(x weight + bias) > 0.5 ? relu(x weight + bias) : 0)`, as tfjs-converter writes graphs. */
function graph(): io.ModelArtifacts {
  const float = { type: 'DT_FLOAT' };
  const shape = (...sizes: number[]): object => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } });
  const constant = (name: string, ...sizes: number[]): object => {
    const value = {
      tensor: { dtype: 'DT_FLOAT', tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) } },
    };
    return { name, op: 'Const', attr: { dtype: float, value } };
  };
  const node = (name: string, op: string, input: string[], attr: object = {}): object => ({ name, op, input, attr: { T: float, ...attr } }); // prettier-ignore
  const values = [1, -2, 0.5, 0.25, 3, -1, 0.1, -0.2, 0.5, 0];
  return {
    format: 'graph-model',
    modelTopology: {
      node: [
        { name: 'x', op: 'Placeholder', attr: { dtype: float, shape: shape(-1, 3) } },
        constant('weight', 3, 2),
        constant('bias', 2),
        constant('limit'),
        constant('zero'),
        node('product', 'MatMul', ['x', 'weight'], { transpose_a: { b: false }, transpose_b: { b: false } }),
        node('sum', 'BiasAdd', ['product', 'bias'], { data_format: { s: 'TkhXQw==' } }),
        node('positive', 'Relu', ['sum']),
        node('large', 'Greater', ['positive', 'limit']),
        node('chosen', 'SelectV2', ['large', 'positive', 'zero']),
        node('out', 'Softmax', ['chosen']),
      ],
      versions: { producer: 1 },
    },
    weightSpecs: [
      { name: 'weight', shape: [3, 2], dtype: 'float32' },
      { name: 'bias', shape: [2], dtype: 'float32' },
      { name: 'limit', shape: [], dtype: 'float32' },
      { name: 'zero', shape: [], dtype: 'float32' },
    ],
    weightData: Float32Array.from(values).buffer,
  };
}

describe.each(devices())('a graph of tfjs-converter on %s', (device) => {
  useDevice(device);

  it('gives what it says', async () => {
    const model = await loadGraphModel({ load: () => Promise.resolve(graph()) });
    const x = tensor2d([[1, 2, -1], [0, -1, 0.5]]); // prettier-ignore
    const out = model.predict(x) as Tensor;
    // x weight + bias: [1.6 - 3 …, …], then what is above 0.5.
    const rows = [
      [1, 2, -1],
      [0, -1, 0.5],
    ].map(([a, b, c]) => {
      // prettier-ignore
      const sums = [a + 0.5 * b + 3 * c + 0.1, -2 * a + 0.25 * b - c - 0.2];
      const chosen = sums.map((value) => (value > 0.5 ? value : 0)).map(Math.exp);
      return chosen.map((value) => value / (chosen[0] + chosen[1]));
    });
    expect(out).toBeCloseToTensor(rows, tolerance('transcendental'));
    model.dispose();
  });
});
