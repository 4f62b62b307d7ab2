// SPDX-License-Identifier: Apache-2.0
// A convolutional network fits one image: the second of the seed's five programs, with the layer that makes 10 classes of 640 features.

import { Generator, type Tensor, normal, relu, tensor1d } from '@nabla/core';
import { Conv2d, CrossEntropyLoss, Flatten, Linear, MaxPool2d, Module } from '@nabla/layers';
import { SGD } from '@nabla/optimizers';

const [inputSize, hiddenSize, outputSize] = [32, 64, 10];
const generator = new Generator(0);

class CNN extends Module {
  readonly conv1 = new Conv2d(inputSize, hiddenSize, 3, { padding: 1, generator });
  readonly conv2 = new Conv2d(hiddenSize, outputSize, 3, { padding: 1, generator });
  readonly pool = new MaxPool2d(2);
  readonly flatten = new Flatten();
  readonly fc = new Linear(outputSize * 8 * 8, outputSize, { generator });

  /** `[batch, 32, 32, inputSize]` → `[batch, outputSize]`. */
  override forward(x: Tensor): Tensor {
    x = this.pool.forward(relu(this.conv1.forward(x)));
    x = this.pool.forward(relu(this.conv2.forward(x)));
    return this.fc.forward(this.flatten.forward(x));
  }
}

const model = new CNN();
const criterion = new CrossEntropyLoss({ classes: outputSize });
const optimizer = new SGD(model.parameters(), { learningRate: 0.001 });

const x = normal([1, 32, 32, inputSize], generator); // channels last
const y = tensor1d([generator.integer(outputSize)], 'int32');
for (let epoch = 0; epoch < 100; epoch++) {
  const loss = optimizer.step(() => criterion.forward(model.forward(x), y));
  if (epoch % 10 === 0) console.log(`Epoch ${epoch}, Loss: ${loss.dataSync()[0]}`);
  loss.dispose();
}
