// SPDX-License-Identifier: Apache-2.0
// A recurrent network fits one step of a sequence: the third of the seed's five programs.

import { Generator, type Tensor, normal } from '@nabla/core';
import { Linear, MSELoss, Module, RNN } from '@nabla/layers';
import { SGD } from '@nabla/optimizers';

const [inputSize, hiddenSize, outputSize] = [10, 5, 1];
const generator = new Generator(0);

class Network extends Module {
  readonly rnn = new RNN(inputSize, hiddenSize, { generator });
  readonly fc = new Linear(hiddenSize, outputSize, { generator });

  /** `[batch, time, inputSize]` → `[batch, time, outputSize]`. The state starts at zeros. */
  override forward(x: Tensor): Tensor {
    return this.fc.forward(this.rnn.forward(x).output);
  }
}

const model = new Network();
const criterion = new MSELoss();
const optimizer = new SGD(model.parameters(), { learningRate: 0.01 });

const x = normal([1, 1, inputSize], generator);
const y = normal([1, 1, outputSize], generator); // one target for each step
for (let epoch = 0; epoch < 100; epoch++) {
  const loss = optimizer.step(() => criterion.forward(model.forward(x), y));
  if (epoch % 10 === 0) console.log(`Epoch ${epoch}, Loss: ${loss.dataSync()[0]}`);
  loss.dispose();
}
