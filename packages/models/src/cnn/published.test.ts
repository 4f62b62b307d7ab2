// SPDX-License-Identifier: Apache-2.0
// A network that PyTorch trained on MNIST, loaded with its own names: the published accuracy and log-probabilities come out.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Tensor, argMax, dispose, logSoftmax, noGrad, readSafetensors, relu, scope, setDevice } from '@nabla/core';
import { Generator } from '@nabla/core';
import { collateImages, loadImages, resolveDataset } from '@nabla/data';
import { BatchNorm1d, BatchNorm2d, Conv2d, Flatten, Linear, Module } from '@nabla/layers';
import { describeWithData } from '@nabla/testing';

const generator = new Generator(0);

/** The module as its authors wrote it. */
class Net extends Module {
  readonly conv1 = new Conv2d(1, 8, 3, { generator });
  readonly conv2 = new Conv2d(8, 16, 3, { generator });
  readonly conv3 = new Conv2d(16, 24, 3, { generator });
  readonly norm1 = new BatchNorm2d(24);
  readonly flatten = new Flatten();
  readonly fc1 = new Linear(24 * 22 * 22, 32, { generator });
  readonly fc2 = new Linear(32, 10, { generator });
  readonly norm2 = new BatchNorm1d(10);

  override forward(images: Tensor): Tensor {
    let x = relu(this.conv1.forward(images));
    x = relu(this.conv2.forward(x));
    x = this.norm1.forward(relu(this.conv3.forward(x)));
    x = relu(this.fc1.forward(this.flatten.forward(x)));
    return logSoftmax(this.norm2.forward(this.fc2.forward(x)));
  }
}

const [MEAN, DEVIATION] = [0.1307, 0.3081]; // of MNIST, as the network was trained

interface Expected {
  readonly 'mnist.safetensors': { readonly full_test_accuracy: number; readonly logprobs_first20: number[][] };
}

describeWithData('a published MNIST network', 'mnist-cnn-pytorch/mnist.safetensors', (path) => {
  const expected = JSON.parse(readFileSync(join(path, '../../expected/mnist-cnn-pytorch.json'), 'utf8')) as Expected;
  const { full_test_accuracy: accuracy, logprobs_first20: first } = expected['mnist.safetensors'];
  let net: Net;
  beforeAll(async () => {
    setDevice('auto');
    net = new Net().eval();
    const { tensors } = await readSafetensors(path);
    net.loadStateDict(tensors);
    dispose(tensors);
  });
  afterAll(() => net.dispose());

  /** Log-probabilities of the test images from `start` on, row by row, and the labels. */
  async function run(start: number, count: number): Promise<{ logProbabilities: number[][]; right: number }> {
    const images = await loadImages(await resolveDataset('mnist', { offline: true }), 'test');
    return scope(() =>
      noGrad(() => {
        const batch = collateImages(Array.from({ length: count }, (_, i) => images.get(start + i)));
        const output = net.forward(batch.images.sub(MEAN).div(DEVIATION));
        const guesses = argMax(output, -1).dataSync();
        const labels = batch.labels.dataSync();
        const right = labels.filter((label, i) => label === guesses[i]).length;
        return { logProbabilities: output.arraySync() as number[][], right };
      }),
    );
  }

  it('gives the log-probabilities that PyTorch gave', async () => {
    const { logProbabilities } = await run(0, first.length);
    first.forEach((row, i) => row.forEach((value, j) => expect(logProbabilities[i]?.[j]).toBeCloseTo(value, 3)));
  });

  it('classifies as many test images right', async () => {
    let right = 0;
    for (let start = 0; start < 10_000; start += 500) right += (await run(start, 500)).right;
    expect(right / 10_000).toBe(accuracy);
  });
});
