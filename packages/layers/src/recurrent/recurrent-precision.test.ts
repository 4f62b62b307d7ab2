// SPDX-License-Identifier: Apache-2.0
// Stacks of recurrent layers in mixed precision, on device cuda: what stays bf16 in them, forward and backward, and what they compute.

import {
  Generator,
  type Tensor,
  mul,
  nativeMemory,
  resetPeakMemory,
  sum,
  tensor,
  valueAndGrad,
  variable,
} from '@nabla/core';
import { devices, inPrecision, isBf16, randomTensor, useDevice, withActivations } from '@nabla/testing';

import { crossEntropy } from '../losses/cross-entropy-loss.ts';
import { Embedding } from '../embedding.ts';
import { Linear } from '../linear.ts';
import { GRU } from './gru.ts';
import { LSTM } from './lstm.ts';
import { RNN } from './rnn.ts';

const mixed = <T>(run: () => T): T => inPrecision('bf16', () => withActivations('bfloat16', run));

const KINDS = { RNN, LSTM, GRU } as const;
const STACK = { layers: 3, bidirectional: true };

/** Of all numbers, the root of the mean square of differences, in parts of that of what is expected. */
function distance(received: Tensor, expected: Tensor): number {
  const [a, b] = [received.dataSync<'float32'>(), expected.dataSync<'float32'>()];
  const squares = (value: (i: number) => number): number => b.reduce((total, _, i) => total + value(i) ** 2, 0);
  return Math.sqrt(squares((i) => a[i] - b[i]) / squares((i) => b[i]));
}

function onCuda(): void {
  useDevice('cuda');

  describe.each(['RNN', 'LSTM', 'GRU'] as const)('a stack of %s in both directions', (name) => {
    it.each([
      { sizes: [3, 7, 5, 9], isGiven: false, lengths: undefined },
      { sizes: [3, 7, 5, 9], isGiven: true, lengths: [7, 1, 4] },
      { sizes: [2, 1, 16, 8], isGiven: true, lengths: undefined },
    ])('keeps bf16 forward and backward, and gives nearly what float32 gives: %j', ({ sizes, isGiven, lengths }) => {
      const [batch, time, features, hidden] = sizes;
      const layer = new KINDS[name](features, hidden, { generator: new Generator(1), ...STACK });
      const x = variable(randomTensor([batch, time, features], { seed: 2 }));
      const before = [3, 4].map((seed) => variable(randomTensor([2 * STACK.layers, batch, hidden], { seed })));
      const factors = randomTensor([batch, time, 2 * hidden], { seed: 5 });
      const weights = layer.parameters();
      const given = isGiven ? before.slice(0, layer instanceof LSTM ? 2 : 1) : [];
      const forward = (): { output: Tensor; state: Tensor } => {
        const [hidden, cell] = given;
        if (!(layer instanceof LSTM)) return layer.forward(x, { lengths, state: hidden });
        const { output, state } = layer.forward(x, { lengths, state: isGiven ? { hidden, cell } : undefined });
        return { output, state: state.cell };
      };
      const run = (): { output: Tensor; state: Tensor; gradients: Tensor[] } => {
        const loss = (): Tensor => sum(mul(forward().output, factors));
        return { ...forward(), gradients: valueAndGrad(loss, [x, ...weights, ...given]).gradients };
      };
      const [exact, rounded] = [run(), mixed(run)];
      expect(isBf16(rounded.output)).toBe(true);
      expect(isBf16(rounded.state)).toBe(true);
      expect(distance(rounded.output, exact.output)).toBeLessThan(0.01);
      expect(distance(rounded.state, exact.state)).toBeLessThan(0.01);
      const [ofX, ...others] = rounded.gradients;
      expect(isBf16(ofX)).toBe(true);
      others.slice(0, weights.length).forEach((gradient) => expect(isBf16(gradient)).toBe(false));
      others.slice(weights.length).forEach((gradient) => expect(isBf16(gradient)).toBe(true)); // of the first states
      rounded.gradients.forEach((gradient, i) => {
        expect(distance(gradient, exact.gradients[i])).toBeLessThan(0.03);
      });
      [x, ...before].forEach((variable) => variable.dispose());
      layer.dispose();
    });

    it('trains between an embedding and a head in little more than half of the memory', () => {
      const [batch, time, hidden, words] = [8, 32, 24, 13];
      const generator = new Generator(1);
      const embedding = new Embedding(words, hidden, { generator });
      const layer = new KINDS[name](hidden, hidden, { generator, ...STACK });
      const head = new Linear(2 * hidden, words, { generator });
      const tokens = tensor(
        Int32Array.from({ length: batch * time }, (_, i) => (i * i + 3 * i) % words),
        [batch, time],
        'int32',
      );
      const all = [embedding, layer, head];
      const parameters = all.flatMap((part) => [...part.parameters()]);
      const step = (): { loss: number; peak: number } => {
        const before = nativeMemory()?.bytes ?? 0;
        resetPeakMemory();
        const { value, gradients } = valueAndGrad(
          () => crossEntropy(head.forward(layer.forward(embedding.forward(tokens)).output), tokens),
          parameters,
        );
        const result = { loss: value.dataSync()[0], peak: (nativeMemory()?.peak ?? 0) - before };
        [value, ...gradients].forEach((tensor) => tensor.dispose());
        return result;
      };
      const [exact, rounded] = [step(), mixed(step)];
      expect(Math.abs(rounded.loss - exact.loss)).toBeLessThan(0.01 * exact.loss);
      expect(rounded.peak).toBeLessThan(0.7 * exact.peak);
      all.forEach((part) => part.dispose());
    });
  });
}

if (devices().includes('cuda')) describe('recurrent layers in mixed precision', onCuda);
else
  it('recurrent layers in mixed precision are left out: there is no GPU', () =>
    expect(devices()).not.toContain('cuda'));
