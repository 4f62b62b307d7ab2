// SPDX-License-Identifier: Apache-2.0
// A feed-forward network fits one example: the first of the seed's five programs.

import { Generator, type Tensor, normal, relu } from '@nabla/core';
import { Linear, Module, mseLoss } from '@nabla/layers';
import { SGD } from '@nabla/optimizers';

const [inputSize, hiddenSize, outputSize] = [10, 5, 1];
const generator = new Generator(0);

class FNN extends Module {
  readonly fc1 = new Linear(inputSize, hiddenSize, { generator });
  readonly fc2 = new Linear(hiddenSize, outputSize, { generator });

  override forward(x: Tensor): Tensor {
    return this.fc2.forward(relu(this.fc1.forward(x)));
  }
}

const model = new FNN();
const optimizer = new SGD(model.parameters(), { learningRate: 0.01 });

const x = normal([1, inputSize], generator);
const y = normal([1, outputSize], generator);
for (let epoch = 0; epoch < 100; epoch++) {
  const loss = optimizer.step(() => mseLoss(model.forward(x), y));
  if (epoch % 10 === 0) console.log(`Epoch ${epoch}, Loss: ${loss.dataSync()[0]}`);
  loss.dispose();
}
