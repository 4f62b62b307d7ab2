// SPDX-License-Identifier: Apache-2.0
// Attention over a picture fits one image: the fourth of the seed's five programs, with as many input channels as the image has.

import { Generator, type Tensor, mean, normal, tensor1d } from '@nabla/core';
import { CrossEntropyLoss, Linear, Module, SelfAttention2d } from '@nabla/layers';
import { SGD } from '@nabla/optimizers';

const [inputSize, hiddenSize, outputSize] = [3, 64, 10];
const generator = new Generator(0);

class Attention extends Module {
  readonly attention = new SelfAttention2d(inputSize, hiddenSize, { generator });
  readonly fc = new Linear(hiddenSize, outputSize, { generator });

  /** `[batch, height, width, inputSize]` → `[batch, outputSize]`. */
  override forward(x: Tensor): Tensor {
    return this.fc.forward(mean(this.attention.forward(x), [1, 2]));
  }
}

const model = new Attention();
const criterion = new CrossEntropyLoss({ classes: outputSize });
const optimizer = new SGD(model.parameters(), { learningRate: 0.01 });

const x = normal([1, 32, 32, inputSize], generator); // channels last
const y = tensor1d([generator.integer(outputSize)], 'int32');
for (let epoch = 0; epoch < 100; epoch++) {
  const loss = optimizer.step(() => criterion.forward(model.forward(x), y));
  if (epoch % 10 === 0) console.log(`Epoch ${epoch}, Loss: ${loss.dataSync()[0]}`);
  loss.dispose();
}
