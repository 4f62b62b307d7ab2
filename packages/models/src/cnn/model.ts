// SPDX-License-Identifier: Apache-2.0
// A convolutional network for small images, read from top to bottom.

import { type Generator, type Tensor, relu } from '@nabla/core';
import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, Module } from '@nabla/layers';

/** The shape of a {@link Cnn}. */
export interface CnnShape {
  readonly height: number;
  readonly width: number;
  /** Channels of the images, then after each of the two convolutions. */
  readonly channels: readonly [number, number, number];
  readonly hidden: number;
  readonly classes: number;
  readonly dropout: number;
}

/**
 * Two convolutions of 3 by 3, each with ReLU and a maximum over 2 by 2, then two linear layers. Its state has PyTorch's names
 * and layouts: the same module there takes `model.safetensors` as it is.
 *
 * @see LeCun et al. 1998, http://yann.lecun.com/exdb/publis/pdf/lecun-98.pdf
 * @example
 * const shape = { height: 8, width: 8, channels: [1, 2, 3], hidden: 5, classes: 4, dropout: 0 } as const;
 * new Cnn(shape, new Generator(1)).forward(zeros([2, 8, 8, 1])).shape; // [2, 4]
 */
export class Cnn extends Module {
  readonly conv1: Conv2d;
  readonly conv2: Conv2d;
  readonly pool = new MaxPool2d(2);
  readonly flatten = new Flatten();
  readonly fc1: Linear;
  readonly dropout: Dropout;
  readonly fc2: Linear;

  constructor({ height, width, channels, hidden, classes, dropout }: CnnShape, generator: Generator) {
    super();
    const [input, first, second] = channels;
    const positions = Math.floor(height / 4) * Math.floor(width / 4); // that two poolings leave
    this.conv1 = new Conv2d(input, first, 3, { padding: 1, activation: 'relu', generator });
    this.conv2 = new Conv2d(first, second, 3, { padding: 1, activation: 'relu', generator });
    this.fc1 = new Linear(positions * second, hidden, { generator });
    this.dropout = new Dropout(dropout, { generator });
    this.fc2 = new Linear(hidden, classes, { generator });
  }

  /** `[batch, height, width, channels]` → logits `[batch, classes]`. */
  override forward(images: Tensor): Tensor {
    let x = this.pool.forward(this.conv1.forward(images)); // [batch, height / 2, width / 2, first]
    x = this.pool.forward(this.conv2.forward(x)); // [batch, height / 4, width / 4, second]
    x = relu(this.fc1.forward(this.flatten.forward(x))); // [batch, hidden]
    return this.fc2.forward(this.dropout.forward(x));
  }
}
