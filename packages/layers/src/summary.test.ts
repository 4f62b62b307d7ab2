// SPDX-License-Identifier: Apache-2.0
// Tests of the summary of a model: its rows, its table, and that it leaves the model as it was.

import { Generator, type Tensor, memory, ones } from '@nabla/core';
import { devices, useDevice } from '@nabla/testing';

import { ReLU } from './activations.ts';
import { MultiHeadAttention } from './attention/multi-head-attention.ts';
import { Dropout } from './dropout.ts';
import { Linear } from './linear.ts';
import { Module } from './module.ts';
import { ModuleList } from './module-list.ts';
import { BatchNorm1d } from './norm/batch-norm.ts';
import { Sequential } from './sequential.ts';
import { summarize, summary } from './summary.ts';

/** One layer under two names, a list of which one item is used, and two results. */
class Tied extends Module {
  readonly encoder: Linear;
  readonly decoder: Linear;
  readonly items: ModuleList<ReLU>;

  constructor(generator: Generator) {
    super();
    this.encoder = new Linear(3, 3, { generator });
    this.decoder = this.encoder;
    this.items = new ModuleList([new ReLU(), new ReLU()]);
  }

  override forward(x: Tensor): { code: Tensor; results: Tensor[] } {
    const code = this.encoder.forward(x);
    for (const item of this.items) return { code, results: [item.forward(this.decoder.forward(code)), x] };
    return { code, results: [] };
  }
}

describe.each(devices())('summary on %s', (device) => {
  useDevice(device);

  it('has a row per module; those above include those below', () => {
    const generator = new Generator(1);
    const model = new Sequential(
      new Linear(4, 8, { generator }),
      new ReLU(),
      new Linear(8, 2, { generator, bias: false }),
    );
    const { rows, parameters, parameterBytes, flops } = summary(model, [ones([5, 4])]);
    const [first, second] = [2 * 5 * 4 * 8, 2 * 5 * 8 * 2];
    expect(rows).toEqual([
      { name: '', kind: 'Sequential', calls: 1, outputs: [[5, 2]], parameters: 56, flops: first + second },
      { name: '0', kind: 'Linear', calls: 1, outputs: [[5, 8]], parameters: 40, flops: first },
      { name: '1', kind: 'ReLU', calls: 1, outputs: [[5, 8]], parameters: 0, flops: 0 },
      { name: '2', kind: 'Linear', calls: 1, outputs: [[5, 2]], parameters: 16, flops: second },
    ]);
    expect({ parameters, parameterBytes, flops }).toEqual({
      parameters: 56,
      parameterBytes: 224,
      flops: first + second,
    });
    model.dispose();
  });

  it('counts what a layer computes outside of the modules below it', () => {
    const attention = new MultiHeadAttention(6, 2, { generator: new Generator(1) });
    const x = ones([3, 5, 6]);
    const { rows, flops } = summary(attention, [x, x, x]);
    const projected = 2 * 15 * 6 * 6;
    const attended = 2 * (3 * 2 * 5 * 5) * (3 + 3);
    expect(flops).toBe(3 * projected + attended + projected);
    expect(rows.map((row) => [row.name, row.flops])).toEqual([
      ['', flops],
      ['out_proj', projected],
    ]);
    attention.dispose();
  });

  it('lists a shared module once with all of its calls, several outputs, and modules that were not called', () => {
    const model = new Tied(new Generator(1));
    const { rows, parameters } = summary(model, [ones([2, 3])]);
    expect(rows.map(({ name, calls, outputs }) => [name, calls, outputs])).toEqual([
      [
        '',
        1,
        [
          [2, 3],
          [2, 3],
          [2, 3],
        ],
      ],
      ['encoder', 2, [[2, 3]]],
      ['items', 0, []],
      ['items.0', 1, [[2, 3]]],
      ['items.1', 0, []],
    ]);
    expect(parameters).toBe(12);
    expect(rows[1]?.flops).toBe(2 * (2 * 2 * 3 * 3));
    model.dispose();
  });

  it('changes neither state nor modes, draws nothing, and leaves no tensor and no hook', () => {
    const generator = new Generator(1);
    const norm = new BatchNorm1d(3);
    const model = new Sequential(new Linear(2, 3, { generator }), norm, new Dropout(0.5, { generator }).eval());
    const x = ones([4, 2]);
    const [{ tensors }, { offset }] = [memory(), generator.state()];
    summary(model, [x]);
    expect(memory().tensors).toBe(tensors);
    expect(generator.state().offset).toBe(offset);
    expect(norm.num_batches_tracked?.dataSync()[0]).toBe(0);
    expect([...model.namedModules()].map(([, { training }]) => training)).toEqual([true, true, true, false]);
    expect(Object.hasOwn(norm, 'forward')).toBe(false);
    model.dispose();
  });

  it('leaves the model as it was also when it throws', () => {
    const model = new Sequential(new Linear(2, 3, { generator: new Generator(1) }));
    expect(() => summary(model, [ones([4, 3])])).toThrowCode('SHAPE');
    expect(model.training).toBe(true);
    expect(Object.hasOwn(model, 'forward')).toBe(false);
    model.dispose();
  });
});

describe('the table of a summary', () => {
  useDevice('js');

  it('aligns names to the left and numbers to the right, with the totals below', () => {
    const generator = new Generator(1);
    const model = new Sequential(new Linear(10, 200, { generator }), new ReLU());
    expect(String(summary(model, [ones([3, 10])]))).toBe(
      [
        'module  class       output    parameters   FLOPs',
        '        Sequential  [3, 200]       2,200  12,000',
        '0       Linear      [3, 200]       2,200  12,000',
        '1       ReLU        [3, 200]           0       0',
        '2,200 parameters (8,800 bytes), 12,000 FLOPs',
      ].join('\n'),
    );
    model.dispose();
  });

  it('says how often a module was called, if not once', () => {
    const model = new Tied(new Generator(1));
    const lines = String(summarize(model, () => model.forward(ones([2, 3])))).split('\n');
    expect(lines[2]).toMatch(/^encoder +Linear \(2 times\) +\[2, 3\] +12 +72$/);
    expect(lines[3]).toMatch(/^items +ModuleList +not called +0 +0$/);
    model.dispose();
  });
});
