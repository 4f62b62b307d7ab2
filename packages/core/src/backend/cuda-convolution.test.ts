// SPDX-License-Identifier: Apache-2.0
// Convolutions on tensor cores, whose windows are never laid out in memory, against the plain formula in float32 of operands that were
// rounded beforehand: in tf32, in bf16, and of activations that are stored as bf16.

import {
  type Tolerance,
  describeOnCuda,
  inPrecision,
  randomTensor,
  roundToBf16,
  roundToTf32,
  tolerance,
  useDevice,
  withActivations,
} from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import { nativeMemory, resetPeakMemory } from '../device.ts';
import { scope } from '../memory.ts';
import { checkConvolution, convolutionWindows } from '../ops/convolution-options.ts';
import { type ConvOptions, plainConvolution } from '../ops/convolution.ts';
import { runKernel, runKernelForOne } from '../ops/run.ts';
import { storeAsBfloat16 } from '../ops/store-as-bfloat16.ts';
import { type Tensor, mul, sum, tanh, tensor, variable, zeros } from '../tf.ts';
import type { ConvolutionAttributes } from './definitions/convolution.ts';

/** How convolutions come to be on tensor cores: by the precision of products, or of operands that are stored as bf16. */
const WAYS = ['tf32', 'bf16', 'stored as bf16'] as const;
type Way = (typeof WAYS)[number] | 'float32';

const rounded = (way: Way, x: Tensor): Tensor => (way === 'tf32' ? roundToTf32(x) : roundToBf16(x));

/** Tensor cores cut off the last bits of their sums; what is stored as bf16 has been rounded to that. */
function closeness(way: Way, terms: number): Tolerance {
  const { absolute, relative } = tolerance('matmul', 4 * terms);
  return { absolute, relative: way === 'stored as bf16' ? relative + 2 ** -8 : relative };
}

/** Of operands that are not rounded as those of the formula are, or whose patches are. */
function nearness(terms: number): Tolerance {
  return { absolute: 2 ** -6 * Math.sqrt(terms), relative: 2 ** -7 };
}

/** Numbers that neither tf32 nor bf16 has. */
const operand = (shape: number[], seed: number): Tensor => mul(randomTensor(shape, { seed }), 1.0007);

/** As the way has activations, and only them. */
function activation(way: Way, x: Tensor): Tensor {
  if (way === 'stored as bf16') storeAsBfloat16(x);
  return x;
}
function run<T>(way: Way, f: () => T): T {
  return way === 'stored as bf16' ? withActivations('bfloat16', f) : inPrecision(way, f);
}

function windowsOf(x: Tensor, weight: Tensor, options: ConvOptions): ConvolutionAttributes {
  const kernel = checkConvolution('conv', weight.shape.slice(2), options, Object.keys(options));
  return convolutionWindows('conv', x, weight, undefined, kernel);
}

/** What a convolution and its two gradients are. */
interface Results {
  readonly out: Tensor;
  readonly gradX: Tensor;
  readonly gradWeight: Tensor;
}

/** By the kernels alone, so that they get exactly these operands. */
function byKernels(way: Way, x: Tensor, weight: Tensor, gradOut: Tensor, options: ConvOptions): Results {
  const attributes = windowsOf(x, weight, options);
  const [input, gradient] = [activation(way, x), activation(way, gradOut)];
  return run(way, () => ({
    out: runKernelForOne('NablaConvolution', { x: input, weight }, { ...attributes, activation: 'none' }),
    gradX: runKernelForOne('NablaConvolutionGradX', { gradOut: gradient, weight }, attributes),
    gradWeight: runKernelForOne('NablaConvolutionGradWeight', { x: input, gradOut: gradient }, attributes),
  }));
}

function byFormula(way: Way, x: Tensor, weight: Tensor, gradOut: Tensor, options: ConvOptions): Results {
  const parameters = [x, weight].map((operand) => variable(rounded(way, operand)));
  const out = (): Tensor => plainConvolution(parameters[0], parameters[1], undefined, options);
  const { gradients } = valueAndGrad(() => sum(mul(out(), rounded(way, gradOut))), parameters);
  const results = { out: out(), gradX: gradients[0], gradWeight: gradients[1] };
  parameters.forEach((parameter) => parameter.dispose());
  return results;
}

interface Case {
  readonly name: string;
  readonly x: number[];
  readonly weight: number[];
  readonly options: ConvOptions;
  /** Results that are products of matrices in memory, in one of the ways or all: of operands that may be rounded less, or more often. */
  readonly elsewhere?: readonly (keyof Results)[];
}

function shapeOfOut({ x, weight, options }: Pick<Case, 'x' | 'weight' | 'options'>): number[] {
  const { outSize } = windowsOf(zeros(x), zeros(weight), options);
  return [x[0], ...outSize.slice(5 - x.length), weight[0]];
}

/** How many terms an element of each result has at most. */
function termsOf({ weight, options: { groups = 1 } }: Case, out: number[]): Record<keyof Results, number> {
  const kernel = weight.slice(2).reduce((a, b) => a * b, 1);
  return {
    out: weight[1] * kernel,
    gradX: (weight[0] / groups) * kernel,
    gradWeight: out.slice(0, -1).reduce((a, b) => a * b, 1),
  };
}

const EVERYTHING = ['out', 'gradX', 'gradWeight'] as const;
const CASES: readonly Case[] = [
  { name: 'one axis', x: [2, 9, 8], weight: [8, 8, 3], options: {} },
  { name: 'two axes', x: [2, 7, 6, 16], weight: [24, 16, 3, 3], options: { padding: 1 } },
  {
    name: 'three axes',
    x: [1, 4, 5, 3, 8],
    weight: [16, 8, 2, 3, 2],
    options: { stride: [1, 2, 1], padding: [1, 1, 0] },
  },
  {
    name: 'strides, dilation',
    x: [1, 9, 13, 8],
    weight: [16, 8, 3, 4],
    options: { stride: [2, 3], dilation: [1, 2], padding: [1, 0] },
  },
  {
    name: 'even kernel, padding behind',
    x: [1, 5, 4, 8],
    weight: [8, 8, 2, 4],
    options: { padding: 'same', dilation: 2 },
  },
  {
    name: 'stride and dilation with a divisor',
    x: [1, 19, 11, 8],
    weight: [8, 8, 5, 3],
    options: { stride: [4, 2], dilation: [2, 4], padding: 3 },
  },
  { name: 'a stride that leaves elements out', x: [1, 10, 9, 8], weight: [8, 8, 3, 3], options: { stride: 2 } },
  {
    name: 'windows apart from each other',
    x: [1, 9, 11, 8],
    weight: [8, 8, 2, 3],
    options: { stride: [3, 4], padding: 1 },
    elsewhere: ['gradX'],
  },
  { name: 'windows outside the input', x: [1, 3, 4, 8], weight: [8, 8, 3, 3], options: { padding: 4 } },
  { name: '1 by 1 with stride', x: [2, 5, 5, 8], weight: [8, 8, 1, 1], options: { stride: 2 }, elsewhere: ['gradX'] },
  { name: '1 by 1 with padding', x: [2, 3, 2, 8], weight: [8, 8, 1, 1], options: { padding: 1 } },
  { name: '1 by 1', x: [2, 5, 7, 12], weight: [20, 12, 1, 1], options: {}, elsewhere: EVERYTHING },
  { name: '1 by 1 with groups', x: [1, 5, 7, 12], weight: [9, 4, 1, 1], options: { groups: 3 }, elsewhere: EVERYTHING },
  { name: 'groups', x: [2, 5, 5, 24], weight: [48, 8, 3, 3], options: { groups: 3, padding: 1 } },
  {
    name: 'groups whose outputs are no whole pieces',
    x: [2, 5, 5, 16],
    weight: [6, 8, 3, 3],
    options: { groups: 2, padding: 1, stride: 2 },
    elsewhere: ['gradX'],
  },
  {
    name: 'outputs that are no whole pieces',
    x: [2, 6, 5, 16],
    weight: [5, 16, 3, 3],
    options: { padding: 1 },
    elsewhere: ['gradX'],
  },
  {
    name: 'pieces of tf32 and not of bf16',
    x: [2, 6, 5, 12],
    weight: [12, 12, 3, 3],
    options: { padding: 1 },
    elsewhere: EVERYTHING,
  },
  {
    name: 'channels that are no whole pieces',
    x: [2, 6, 5, 3],
    weight: [8, 3, 3, 3],
    options: { padding: 1 },
    elsewhere: ['out', 'gradWeight'],
  },
  {
    name: 'depthwise',
    x: [1, 4, 5, 16],
    weight: [16, 1, 3, 3],
    options: { groups: 16, padding: 1 },
    elsewhere: EVERYTHING,
  },
  {
    name: 'as many positions as a window can have',
    x: [1, 20, 9, 8],
    weight: [8, 8, 28, 2],
    options: { padding: [9, 1] },
  },
  {
    name: 'more positions than that',
    x: [1, 20, 9, 8],
    weight: [8, 8, 29, 2],
    options: { padding: [9, 1] },
    elsewhere: EVERYTHING,
  },
  { name: 'windows in parts', x: [3, 27, 29, 8], weight: [8, 8, 2, 2], options: {} },
  { name: 'large tiles', x: [1, 20, 20, 72], weight: [72, 72, 3, 2], options: { padding: 'same' } },
  { name: 'wide tiles', x: [1, 10, 13, 128], weight: [264, 128, 3, 3], options: { padding: 1 } },
  {
    name: 'wide tiles of the gradient of the weight',
    x: [1, 31, 33, 96],
    weight: [72, 96, 3, 3],
    options: { padding: 1 },
  },
];

/** A tensor with one number replaced. */
function withNumber(x: Tensor, index: number, value: number): Tensor {
  const values = x.dataSync();
  values[index] = value;
  return tensor(values, x.shape);
}

function convolutions(way: Way): void {
  useDevice('cuda');

  it.each(CASES)('are those of rounded operands: $name', (convolution) => {
    const { x, weight, options, elsewhere } = convolution;
    const shape = shapeOfOut(convolution);
    const operands = [operand(x, 1), operand(weight, 2), operand(shape, 3)] as const;
    const [expected, received] = [byFormula, byKernels].map((by) => by(way, ...operands, options));
    const terms = termsOf(convolution, shape);
    for (const result of EVERYTHING) {
      // Gradients of weights are float32 whatever activations are.
      const limit = closeness(result === 'gradWeight' ? 'bf16' : way, terms[result]);
      const isElsewhere = elsewhere?.includes(result) === true;
      expect(received[result]).toBeCloseToTensor(expected[result], isElsewhere ? nearness(terms[result]) : limit);
    }
  });

  it('are not those of the operands themselves', () => {
    const operands = [operand([2, 7, 6, 16], 1), operand([24, 16, 3, 3], 2), operand([2, 7, 6, 24], 3)] as const;
    const exact = scope(() => plainConvolution(operands[0], operands[1], undefined, { padding: 1 }));
    const { out } = byKernels(way, ...operands, { padding: 1 });
    expect(out).not.toBeCloseToTensor(exact, tolerance('matmul', 4 * 144));
  });

  it.each<Case>([
    { name: 'one group', x: [2, 6, 5, 16], weight: [24, 16, 3, 3], options: { padding: 1 } },
    { name: 'groups', x: [2, 6, 5, 16], weight: [24, 8, 3, 3], options: { padding: 1, groups: 2 } },
    { name: '1 by 1', x: [2, 6, 5, 16], weight: [24, 16, 1, 1], options: {}, elsewhere: EVERYTHING },
    { name: '1 by 1 with groups', x: [2, 6, 5, 16], weight: [24, 8, 1, 1], options: { groups: 2 } },
    { name: 'large tiles', x: [1, 18, 18, 8], weight: [136, 8, 3, 3], options: { padding: 1 } },
    { name: 'terms in parts', x: [1, 3, 2, 264], weight: [12, 264, 3, 3], options: { padding: 1 } },
  ])('add the bias and apply the activation, and keep what goes into it: $name', (convolution) => {
    const { x: xShape, weight: weightShape, options, elsewhere } = convolution;
    const [x, weight] = [operand(xShape, 1), operand(weightShape, 2)];
    const bias = randomTensor([weightShape[0]], { seed: 3 });
    const attributes = { ...windowsOf(x, weight, options), activation: 'gelu' };
    const exact = [rounded(way, x), rounded(way, weight)] as const;
    const [, into] = run(way, () => runKernel('NablaConvolution', { x: activation(way, x), weight, bias }, attributes));
    const terms = weight.size / weightShape[0];
    const limit = elsewhere === undefined ? closeness(way, terms) : nearness(terms);
    expect(into).toBeCloseToTensor(plainConvolution(...exact, bias, options), limit);
    const [out] = run(way, () =>
      runKernel('NablaConvolution', { x: activation(way, x), weight, bias }, { ...attributes, activation: 'tanh' }),
    );
    expect(out).toBeCloseToTensor(tanh(plainConvolution(...exact, bias, options)), limit);
  });

  it.each<Case>([
    { name: 'stride 1', x: [2, 7, 6, 16], weight: [8, 16, 3, 3], options: { padding: 1 } },
    { name: 'stride 2', x: [2, 7, 6, 16], weight: [8, 16, 3, 3], options: { padding: 1, stride: 2 } },
    { name: 'large tiles', x: [1, 18, 18, 8], weight: [136, 8, 3, 3], options: { padding: 1 } },
  ])('keep NaN and infinities to the windows that touch them: $name', (convolution) => {
    const { x: xShape, weight: weightShape, options } = convolution;
    const weight = operand(weightShape, 2);
    const shape = shapeOfOut(convolution);
    const x = withNumber(withNumber(operand(xShape, 1), 0, NaN), 20 * xShape[3] + 3, Infinity);
    const gradOut = withNumber(operand(shape, 3), 5, NaN);
    const expected = byFormula(way, x, weight, gradOut, options);
    const received = byKernels(way, x, weight, gradOut, options);
    const terms = termsOf(convolution, shape);
    expect(received.out).toBeCloseToTensor(expected.out, closeness(way, terms.out));
    expect(received.gradX).toBeCloseToTensor(expected.gradX, closeness(way, terms.gradX));
  });

  it('take padding to be zeros that infinite weights make NaN, as the plain formula does', () => {
    const [x, weight] = [operand([1, 4, 5, 8], 1), withNumber(operand([8, 8, 3, 3], 2), 0, Infinity)];
    const gradOut = operand([1, 4, 5, 8], 3);
    const [expected, received] = [byFormula, byKernels].map((by) => by(way, x, weight, gradOut, { padding: 1 }));
    expect(received.out).toBeCloseToTensor(expected.out, closeness(way, 72));
  });

  it('have the same bits every time', () => {
    const make = (): Results => {
      const operands = [operand([3, 27, 29, 8], 1), operand([8, 8, 3, 3], 2), operand([3, 27, 29, 8], 3)] as const;
      return byKernels(way, ...operands, { padding: 1 });
    };
    const [first, second] = [make(), make()];
    for (const result of EVERYTHING) expect(second[result]).toBeCloseToTensor(first[result], tolerance('exact'));
  });

  it('of nothing are nothing, and the gradient of the weight is 0', () => {
    const { out, gradX, gradWeight } = byKernels(
      way,
      zeros([0, 5, 5, 8]),
      operand([8, 8, 3, 3], 1),
      zeros([0, 3, 3, 8]),
      {},
    );
    expect([out.shape, gradX.shape]).toEqual([
      [0, 3, 3, 8],
      [0, 5, 5, 8],
    ]);
    expect(gradWeight).toBeCloseToTensor(zeros([8, 8, 3, 3]), tolerance('exact'));
  });

  it.each<Case>([
    { name: 'stride 1', x: [4, 12, 12, 32], weight: [32, 32, 3, 3], options: { padding: 1 } },
    { name: 'stride 2', x: [8, 12, 12, 32], weight: [32, 32, 5, 5], options: { padding: 2, stride: 2 } },
    { name: 'groups', x: [4, 12, 12, 32], weight: [32, 16, 3, 3], options: { padding: 1, groups: 2 } },
  ])('lay out no patches: $name', (convolution) => {
    const { x, weight, options } = convolution;
    const positions = shapeOfOut(convolution).slice(0, -1).concat(weight.slice(2));
    const patches = positions.reduce((a, b) => a * b, x[3]) * (way === 'stored as bf16' ? 2 : 4);
    expect(bytesTaken(way, x, weight, options)).toBeLessThan(patches);
  });
}

/** What a convolution and its gradients take beside their operands, at most. */
function bytesTaken(way: Way, x: number[], weight: number[], options: ConvOptions): number {
  const shape = shapeOfOut({ x, weight, options });
  const operands = [operand(x, 1), operand(weight, 2), operand(shape, 3)] as const;
  const before = nativeMemory()?.bytes ?? 0;
  resetPeakMemory();
  byKernels(way, ...operands, options);
  return (nativeMemory()?.peak ?? 0) - before;
}

function pointwise(): void {
  useDevice('cuda');

  it('lay out no patches in float32 either', () => {
    const results = 3 * 8 * 16 * 16 * 32 * 4;
    expect(bytesTaken('float32', [8, 16, 16, 32], [32, 32, 1, 1], {})).toBeLessThan(results);
  });
}

describeOnCuda('convolutions of device cuda', () => {
  describe.each(WAYS)('on tensor cores, %s', convolutions);
  describe('of kernels of one position', pointwise);
});
