// SPDX-License-Identifier: Apache-2.0
// A small transformer fits one sequence: the fifth of the seed's five programs. Its width is 8, since 8 heads cannot share 5 features.

import { Generator, type Tensor, add, mean, normal, tensor2d } from '@nabla/core';
import { Embedding, Linear, Module, MultiHeadAttention, mseLoss } from '@nabla/layers';
import { SGD } from '@nabla/optimizers';

const [inputSize, hiddenSize, outputSize] = [10, 8, 1];
const generator = new Generator(0);

class Transformer extends Module {
  readonly multi_head_attention = new MultiHeadAttention(hiddenSize, 8, { generator });
  readonly position_encoding = new Embedding(inputSize, hiddenSize, { generator });
  readonly fc1 = new Linear(hiddenSize, hiddenSize, { generator });
  readonly fc2 = new Linear(hiddenSize, outputSize, { generator });

  /** int32 `[batch, time]` → `[batch, outputSize]`. */
  override forward(tokens: Tensor): Tensor {
    const x = this.position_encoding.forward(tokens); // [batch, time, hiddenSize]
    const attended = add(x, this.multi_head_attention.forward(x, x, x));
    return mean(this.fc2.forward(this.fc1.forward(attended)), 1);
  }
}

const model = new Transformer();
const optimizer = new SGD(model.parameters(), { learningRate: 0.01 });

const x = tensor2d([[3, 1, 4, 1, 5, 9, 2, 6, 5, 3]], undefined, 'int32'); // token ids are integers
const y = normal([1, outputSize], generator);
for (let epoch = 0; epoch < 100; epoch++) {
  const loss = optimizer.step(() => mseLoss(model.forward(x), y));
  if (epoch % 10 === 0) console.log(`Epoch ${epoch}, Loss: ${loss.dataSync()[0]}`);
  loss.dispose();
}
