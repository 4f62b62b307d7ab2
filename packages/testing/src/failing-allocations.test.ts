// SPDX-License-Identifier: Apache-2.0
// A training step that runs out of memory, at each of its allocations in turn: the error says so, nothing stays behind, no
// parameter has moved, and the next step is the one that the first would have been.

import { DeviceError, Generator, type Tensor, add, memory, relu, setDevice } from '@nabla/core';
import { Dropout, LayerNorm, Linear, Module, MultiHeadAttention, crossEntropy } from '@nabla/layers';
import { AdamW } from '@nabla/optimizers';

import { describeOnCpu, selectDevice } from './devices.ts';
import { failAllocations } from './fail-allocations.ts';
import { randomIntegers, randomTensor } from './random-tensor.ts';

class Network extends Module {
  readonly generator = new Generator(3);
  readonly linear = new Linear(5, 8, { generator: this.generator });
  readonly norm = new LayerNorm(8);
  readonly attention = new MultiHeadAttention(8, 2, { generator: this.generator });
  readonly dropout = new Dropout(0.3, { generator: this.generator });
  readonly head = new Linear(8, 4, { generator: this.generator });

  /** `[batch, time, 5]` → logits `[batch, time, 4]`. */
  forward(x: Tensor): Tensor {
    const features = relu(this.linear.forward(x));
    const normal = this.norm.forward(features);
    const mixed = add(features, this.dropout.forward(this.attention.forward(normal, normal, normal)));
    return this.head.forward(mixed);
  }
}

/** A step in two groups, so that the second can fail after the first. */
class Training {
  readonly network = new Network();
  readonly optimizer: AdamW;
  readonly start = this.network.generator.state();
  readonly x = randomTensor([2, 3, 5], { seed: 1 });
  readonly y = randomIntegers([2, 3], 4, { seed: 2 });

  constructor() {
    const parameters = this.network.parameters();
    const groups = [{ parameters: parameters.slice(0, 3) }, { parameters: parameters.slice(3), weightDecay: 0 }];
    this.optimizer = new AdamW(groups, { learningRate: 0.1 });
  }

  /** The loss of one step; dropout draws the same numbers each time. */
  step(): number {
    this.network.generator.restore(this.start);
    const loss = this.optimizer.step(() => crossEntropy(this.network.forward(this.x), this.y));
    const [value] = loss.dataSync();
    loss.dispose();
    return value ?? NaN;
  }

  /** Every number that a step changes. */
  state(): number[][] {
    const { step, tensors } = this.optimizer.stateDict();
    return [
      [step],
      ...[...this.network.parameters(), ...Object.values(tensors)].map((tensor) => [...tensor.dataSync()]),
    ];
  }

  dispose(): void {
    for (const owner of [...this.network.parameters(), this.optimizer, this.x, this.y]) owner.dispose();
  }
}

describeOnCpu('a training step without memory on %s', (device) => {
  beforeAll(() => selectDevice(device));
  afterAll(() => void setDevice('auto'));

  it('throws at any allocation, keeps what there was, and can be made again', () => {
    const reference = new Training();
    const before = reference.state();
    const losses = [reference.step(), reference.step()];
    const after = reference.state();
    reference.dispose();

    let failures = 0;
    for (let failed = true; failed;) {
      const training = new Training();
      const held = memory();
      const error = failAllocations(failures, () => void training.step());
      failed = error !== undefined;
      if (failed) {
        expect(error).toBeInstanceOf(DeviceError);
        expect(error).toMatchObject({ code: 'OUT_OF_MEMORY' });
        expect(living(memory())).toEqual(living(held));
        expect(training.state()).toEqual(before);
        expect([training.step(), training.step()]).toEqual(losses);
        expect(training.state()).toEqual(after);
        failures += 1;
      }
      training.dispose();
    }
    expect(failures).toBeGreaterThan(40);
  });
});

/** What lives, of the statistics. */
function living({ tensors, dataBuffers, bytes, native }: ReturnType<typeof memory>): unknown {
  return { tensors, dataBuffers, bytes, buffers: native?.buffers, nativeBytes: native?.bytes, inUse: native?.inUse };
}
