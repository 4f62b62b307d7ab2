// SPDX-License-Identifier: Apache-2.0
// Recurrent networks in mixed precision, on device cuda: how products within a step are rounded, what is stored as bf16, and how far
// from float32 it is.

import {
  devices,
  inPrecision,
  isBf16,
  randomTensor,
  roundToBf16,
  tolerance,
  useDevice,
  withActivations,
} from '@nabla/testing';

import type { RecurrentAttributes } from '../backend/definitions/recurrent.ts';
import { nativeMemory } from '../device.ts';
import { type Tensor, matMul, max, mul, ones, relu, slice, sub, zeros } from '../tf.ts';
import { runKernel } from './run.ts';
import { storeAsBfloat16 } from './store-as-bfloat16.ts';

const KINDS = [
  { kind: 'tanh', gates: 1, saved: 1, memories: 1 },
  { kind: 'relu', gates: 1, saved: 1, memories: 1 },
  { kind: 'lstm', gates: 4, saved: 4, memories: 2 },
  { kind: 'gru', gates: 3, saved: 4, memories: 1 },
] as const;
type Kind = (typeof KINDS)[number];

interface Case {
  readonly sizes: readonly [batch: number, time: number, features: number, hidden: number];
  readonly reverse?: boolean;
  readonly lengths?: readonly number[];
  readonly hasBias?: boolean;
  readonly hasState?: boolean;
}

const CASES: readonly Case[] = [
  { sizes: [4, 6, 16, 24], hasBias: true, hasState: true },
  { sizes: [3, 5, 7, 13], hasBias: true },
  { sizes: [1, 1, 1, 1], hasState: true },
  { sizes: [2, 1, 8, 16], hasState: true },
  { sizes: [5, 4, 9, 8], reverse: true, lengths: [4, 1, 3, 2, 4], hasBias: true, hasState: true },
  { sizes: [0, 3, 4, 8], hasBias: true },
];

const stored = <T>(run: () => T): T => withActivations('bfloat16', run);

/** What the kernel gives, and what its gradient makes of it, by name. */
type Results = Readonly<Record<string, Tensor>>;

/** `gradOut` and the input are float32, or with `areStored` bf16 as what other kernels hand to this one. */
function resultsOf({ kind, gates, memories }: Kind, one: Case, areStored: boolean): Results {
  const { sizes, reverse = false, lengths = [], hasBias = false, hasState = false } = one;
  const [batch, time, features, hidden] = sizes;
  const random = (shape: number[], seed: number): Tensor => roundToBf16(randomTensor(shape, { seed }));
  const state = (seed: number): Tensor => (hasState ? random([batch, hidden], seed) : zeros([batch, hidden]));
  const x = random([batch, time, features], 1);
  const gradOut = random([batch, time + memories, hidden], 8);
  if (areStored) [x, gradOut].forEach(storeAsBfloat16);
  const weights = {
    weightIh: mul(random([gates * hidden, features], 2), 0.5),
    weightHh: mul(random([gates * hidden, hidden], 3), 0.5 / Math.sqrt(hidden)),
  };
  const biases = hasBias ? { biasIh: random([gates * hidden], 4), biasHh: random([gates * hidden], 5) } : {};
  const attributes: RecurrentAttributes = { kind, reverse, lengths };
  const before = { hidden: state(6), ...(memories === 2 && { cell: state(7) }) };
  const outputs = runKernel('NablaRecurrent', { x, ...weights, ...biases, ...before }, attributes);
  const [out, kept, states, cells] = outputs;
  const saved = { gradOut, x, ...weights, gates: kept, states, ...(memories === 2 && { cells }) };
  const gradients = runKernel('NablaRecurrentGrad', saved, attributes);
  const [gradX, gradWeightIh, gradWeightHh, gradBiasIh, gradBiasHh, gradHidden, gradCell] = gradients;
  return {
    ...{ out, states, gradX, gradHidden, gradWeightIh, gradWeightHh, gradBiasIh, gradBiasHh },
    ...(lengths.length === 0 && { kept }), // of steps that a row does not take it is unspecified
    ...(memories === 2 && { cells, gradCell }),
  };
}

const IN_BF16 = ['out', 'states', 'kept', 'gradX', 'gradHidden', 'gradCell'];

/** The largest difference, in parts of the largest number, or of 1 where all are smaller. */
function distance(received: Tensor, expected: Tensor): number {
  if (expected.size === 0) return 0;
  const [largest] = max(expected.abs()).dataSync();
  return max(sub(received, expected).abs()).dataSync()[0] / Math.max(1, largest);
}

function onCuda(): void {
  useDevice('cuda');

  describe.each(KINDS)('$kind', (kind) => {
    it.each(CASES)('gives nearly what float32 gives, stored as bf16: %j', (one) => {
      const exact = resultsOf(kind, one, false);
      for (const areStored of [false, true]) {
        const results = stored(() => resultsOf(kind, one, areStored));
        for (const [name, result] of Object.entries(results)) {
          expect({ name, isNear: distance(result, exact[name]) < 0.02 }).toEqual({ name, isNear: true });
          if (IN_BF16.includes(name)) expect({ name, isStored: isBf16(result) }).toEqual({ name, isStored: true });
        }
        if (one.sizes[0] < 2) continue; // a few numbers may be bf16 by chance
        for (const name of ['cells', 'gradWeightIh', 'gradWeightHh', 'gradBiasIh', 'gradBiasHh'])
          if (name in results) expect({ name, isStored: isBf16(results[name]) }).toEqual({ name, isStored: false });
      }
    });

    it('keeps half of what float32 keeps, and of lstm the cells', () => {
      const { gates, saved, memories } = kind;
      const [batch, time, features, hidden] = [4, 6, 16, 32];
      const inputs = {
        x: ones([batch, time, features]),
        weightIh: ones([gates * hidden, features]),
        weightHh: ones([gates * hidden, hidden]),
        hidden: zeros([batch, hidden]),
        ...(memories === 2 && { cell: zeros([batch, hidden]) }),
      };
      const attributes: RecurrentAttributes = { kind: kind.kind, reverse: false, lengths: [] };
      const before = nativeMemory()?.bytes ?? 0;
      const outputs = stored(() => runKernel('NablaRecurrent', inputs, attributes));
      const halves = batch * hidden * (time + memories + time * saved + time + 1);
      const cells = memories === 2 ? batch * hidden * (time + 1) : 0;
      expect((nativeMemory()?.bytes ?? 0) - before).toBe(2 * halves + 4 * cells);
      outputs.forEach((output) => output.dispose());
    });
  });

  it.each(['tf32', 'bf16'] as const)(
    'multiplies within a step as other small products of precision %s',
    (precision) => {
      const [weightHh, hidden] = [
        [9, 9],
        [3, 9],
      ].map((shape, i) => mul(randomTensor(shape, { seed: i }), 1 / 3));
      const attributes: RecurrentAttributes = { kind: 'relu', reverse: false, lengths: [] };
      const inputs = { x: zeros([3, 1, 1]), weightIh: zeros([9, 1]), weightHh, hidden };
      const run = (): Tensor => slice(runKernel('NablaRecurrent', inputs, attributes)[0], [0, 1, 0], [3, 1, 9]);
      const product = (a: Tensor, b: Tensor): Tensor => relu(matMul(a, b, false, true)).reshape([3, 1, 9]);
      const exact = product(hidden, weightHh);
      expect(run()).toBeCloseToTensor(exact, tolerance('matmul', 9));
      const rounded = inPrecision(precision, run); // to tf32, which all but large products are
      expect(rounded).not.toBeCloseToTensor(exact, tolerance('matmul', 9));
      const coarse = product(roundToBf16(hidden), roundToBf16(weightHh));
      expect(distance(rounded, exact)).toBeLessThan(distance(coarse, exact) / 4);
    },
  );

  it('carries what a gated unit remembers in float32: small changes of it add up', () => {
    // the update gate is s(5), so that a step changes h by 0.7 % of 0.2 where it is 0.8 and tends to 1: less than bf16 can add to it
    const [time, hidden] = [200, 8];
    const weights = { weightIh: zeros([3 * hidden, 1]), weightHh: zeros([3 * hidden, hidden]) };
    const blocks = (update: number, fresh: number): Tensor =>
      zeros([3, hidden])
        .add([[0], [update], [fresh]])
        .flatten();
    const inputs = {
      x: zeros([1, time, 1]),
      ...weights,
      biasIh: blocks(5, 20),
      biasHh: zeros([3 * hidden]),
      hidden: mul(ones([1, hidden]), 0.8),
    };
    const attributes: RecurrentAttributes = { kind: 'gru', reverse: false, lengths: [] };
    const [[exact], [rounded]] = [
      runKernel('NablaRecurrent', inputs, attributes),
      stored(() => runKernel('NablaRecurrent', inputs, attributes)),
    ];
    expect(isBf16(rounded)).toBe(true);
    expect(distance(rounded, exact)).toBeLessThan(0.005);
  });
}

if (devices().includes('cuda')) describe('recurrent networks in bf16', onCuda);
else it('recurrent networks in bf16 are left out: there is no GPU', () => expect(devices()).not.toContain('cuda'));
