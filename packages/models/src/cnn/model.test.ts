// SPDX-License-Identifier: Apache-2.0
// Tests of the convolutional network against the same module in PyTorch: logits and every gradient.

import { Generator } from '@nabla/core';
import { checkGoldenWith, devices, fromRecord, golden, useDevice } from '@nabla/testing';

import { Cnn } from './model.ts';

describe.each(devices())('Cnn on %s', (device) => {
  useDevice(device);

  it.each(golden('cnn').cases)('equals PyTorch: $name', (recorded) => {
    const model = new Cnn({ ...recorded.options, dropout: 0 }, new Generator(1)).eval();
    try {
      model.loadStateDict(fromRecord(recorded.parameters));
      const parameters = Object.fromEntries(model.namedParameters());
      checkGoldenWith(parameters, recorded, ({ images }) => model.forward(images));
    } finally {
      model.dispose();
    }
  });
});
