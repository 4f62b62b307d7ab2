// SPDX-License-Identifier: Apache-2.0
// How the kernels of products, normalizations, losses and tables are tried.

import { type Tolerance, tolerance } from '../../tolerances.ts';
import { type Draw, FEW, MANY } from './draw.ts';
import { type KernelRun, type KernelSweep, type SweepRows, sweep } from './sweep.ts';

const reduced = (n: number): Tolerance => tolerance('reduce', n);
/** Sums of both signs, of about `n` terms and what the other axes add. */
const summed = (n: number): Tolerance => tolerance('matmul', n + 16);
const transcendental = (): Tolerance => tolerance('transcendental');

const ACTIVATIONS = ['none', 'relu', 'sigmoid', 'tanh', 'gelu', 'geluTanh', 'silu'] as const;
const REDUCTIONS = ['none', 'sum', 'mean'] as const;

/** `rows` of `features`: many columns and a few, few rows and many, and no rows. */
const rowShapes = (n: number): [rows: number, features: number][] => [
  ...(n === 0 ? [] : [[3, n] as [number, number]]),
  [n, 5],
];

const INFINITIES_MEET =
  'a gradient subtracts means of itself, which makes NaN of infinities or not, as its terms are put together';

const matmul = (): KernelSweep => ({
  kinds: MANY,
  tolerance: summed,
  runs: (n, draw) => {
    const product = (a: number[], b: number[], transposeA: boolean, transposeB: boolean): KernelRun => ({
      kernelName: 'BatchMatMul',
      inputs: { a: draw.floats(a), b: draw.floats(b) },
      attributes: { transposeA, transposeB },
    });
    return [
      product([2, 3, n], [2, n, 5], false, false),
      product([n, 7], [5, 7], false, true),
      product([7, 3], [7, n], true, false),
      product([1, n, 6], [3, 4, n], true, true),
      product([n, n], [n, n], false, false),
      product([1, 67], [67, n + 96], false, false),
      ...ACTIVATIONS.map((activation) => ({
        kernelName: 'NablaLinear',
        inputs: { x: draw.floats([3, 9], -1, 1), weight: draw.floats([n, 9], -1, 1), bias: draw.floats([n]) },
        attributes: { activation },
      })),
      {
        kernelName: 'NablaLinear',
        inputs: { x: draw.floats([2, 9]), weight: draw.floats([9, n]), bias: draw.floats([n]) },
        attributes: { activation: 'none', inputsFirst: true },
      },
    ];
  },
});

const group = (n: number): { batch: number; positions: number; channels: number; groups: number }[] => [
  { batch: 2, positions: n, channels: 6, groups: 3 },
  { batch: n, positions: 3, channels: 4, groups: 1 },
  ...(n === 0 ? [] : [{ batch: 1, positions: 4, channels: n, groups: n }]),
  ...(n === 0 ? [] : [{ batch: 2, positions: 5, channels: 2 * n, groups: 2 }]),
];
const EPSILON = 2 ** -17;

const crossEntropy = (kernelName: string, isGrad: boolean) => (): KernelSweep => ({
  kinds: MANY,
  tolerance: reduced,
  runs: (n, draw) =>
    rowShapes(n).flatMap(([rows, classes]) =>
      REDUCTIONS.map((reduction) => ({
        kernelName,
        inputs: {
          ...(isGrad && { gradOut: draw.floats(reduction === 'none' ? [rows] : []) }),
          logits: draw.floats([rows, classes], -4, 4),
          labels: draw.indices([rows], classes),
          ...(isGrad && { maximum: draw.regular([rows], 3, 4), inverseSum: draw.regular([rows], 0, 1) }),
        },
        attributes: { reduction },
      })),
    ),
});

const elementwiseLoss = (kernelName: string, isGrad: boolean) => (): KernelSweep => ({
  kinds: MANY,
  tolerance: reduced,
  runs: (n, draw) =>
    ['squared', 'absolute', 'huber', 'logistic'].flatMap((kind) =>
      REDUCTIONS.map((reduction) => ({
        kernelName,
        inputs: {
          ...(isGrad && { gradOut: draw.floats(reduction === 'none' ? [n] : []) }),
          prediction: draw.floats([n]),
          target: draw.floats([n]),
        },
        attributes: { kind, reduction, delta: 0.75 },
      })),
    ),
});

/** More steps than labels, fewer, and rows that end early. */
function ctcRuns(kernelName: string, n: number, draw: Draw, isGrad: boolean): KernelRun[] {
  const plans = [
    { batch: 3, time: n, classes: 5, length: 2 },
    { batch: 2, time: 6, classes: n + 2, length: 3 },
    { batch: n, time: 4, classes: 4, length: 2 },
    { batch: 2, time: n + 2, classes: 4, length: n },
  ];
  return plans.map(({ batch, time, classes, length }, i) => ({
    kernelName,
    inputs: {
      ...(isGrad && { gradOut: draw.floats([batch]) }),
      logProbabilities: draw.floats([batch, time, classes], -3, -0.5),
      targets: draw.indices([batch, length], classes, 1),
      inputLengths: draw.indices([batch], time + 1, Math.min(time, 1)),
      targetLengths: draw.indices([batch], length + 1),
      ...(isGrad && { alpha: draw.floats([batch, time, 2 * length + 1], -6, -1) }),
    },
    attributes: { blank: 0, zeroInfinity: i % 2 === 1 },
  }));
}

export const networkSweeps: SweepRows = [
  [/^matmul_f32$/, matmul],
  [
    /^softmax_f32$/,
    sweep('Softmax', reduced, (n, draw) =>
      rowShapes(n).map((shape) => ({ inputs: { logits: draw.floats(shape, -5, 5) }, attributes: { dim: 1 } })),
    ),
  ],
  [/^softmax_cross_entropy_f32$/, crossEntropy('NablaSoftmaxCrossEntropy', false)],
  [/^softmax_cross_entropy_grad_f32$/, crossEntropy('NablaSoftmaxCrossEntropyGrad', true)],
  [/^elementwise_loss_f32$/, elementwiseLoss('NablaElementwiseLoss', false)],
  [/^elementwise_loss_grad_f32$/, elementwiseLoss('NablaElementwiseLossGrad', true)],
  [/^ctc_loss_f32$/, sweep('NablaCtcLoss', reduced, (n, draw) => ctcRuns('NablaCtcLoss', n, draw, false))],
  [/^ctc_loss_grad_f32$/, sweep('NablaCtcLossGrad', reduced, (n, draw) => ctcRuns('NablaCtcLossGrad', n, draw, true))],
  [
    /^layer_norm_f32$/,
    sweep('NablaLayerNorm', reduced, (n, draw) =>
      rowShapes(n).map(([rows, features]) => ({
        inputs: { x: draw.floats([rows, features]), weight: draw.floats([features]), bias: draw.floats([features]) },
        attributes: { epsilon: EPSILON },
      })),
    ),
  ],
  [
    /^layer_norm_grad_f32$/,
    sweep(
      'NablaLayerNormGrad',
      summed,
      (n, draw) =>
        rowShapes(n).map(([rows, features]) => ({
          inputs: {
            ...{ gradOut: draw.floats([rows, features]), x: draw.floats([rows, features]) },
            ...{
              weight: draw.floats([features]),
              mean: draw.floats([rows]),
              inverseDeviation: draw.floats([rows], 0, 2),
            },
          },
        })),
      { openInfinities: INFINITIES_MEET },
    ),
  ],
  [
    /^rms_norm_f32$/,
    sweep('NablaRmsNorm', reduced, (n, draw) =>
      rowShapes(n).map(([rows, features]) => ({
        inputs: { x: draw.floats([rows, features]), weight: draw.floats([features]) },
        attributes: { epsilon: EPSILON },
      })),
    ),
  ],
  [
    /^rms_norm_grad_f32$/,
    sweep(
      'NablaRmsNormGrad',
      summed,
      (n, draw) =>
        rowShapes(n).map(([rows, features]) => ({
          inputs: {
            ...{ gradOut: draw.floats([rows, features]), x: draw.floats([rows, features]) },
            ...{ weight: draw.floats([features]), inverseRms: draw.floats([rows], 0, 2) },
          },
        })),
      { openInfinities: INFINITIES_MEET },
    ),
  ],
  [
    /^group_norm_f32$/,
    sweep('NablaGroupNorm', reduced, (n, draw) =>
      group(n).map(({ batch, positions, channels, groups }) => ({
        inputs: {
          ...{ x: draw.floats([batch, positions, channels]) },
          ...{ weight: draw.floats([channels]), bias: draw.floats([channels]) },
        },
        attributes: { batch, groups, epsilon: EPSILON },
      })),
    ),
  ],
  [
    /^group_norm_grad_f32$/,
    sweep(
      'NablaGroupNormGrad',
      summed,
      (n, draw) =>
        group(n).flatMap(({ batch, positions, channels, groups }) =>
          [false, true].map((constant) => ({
            inputs: {
              ...{ gradOut: draw.floats([batch, positions, channels]), x: draw.floats([batch, positions, channels]) },
              weight: draw.floats([channels]),
              ...{ mean: draw.floats([batch, groups]), variance: draw.regular([batch, groups], 0.5, 2) },
            },
            attributes: { batch, groups, epsilon: EPSILON, constant },
          })),
        ),
      { openInfinities: INFINITIES_MEET },
    ),
  ],
  [
    /^normalize_f32$/,
    sweep('NablaNormalize', transcendental, (n, draw) =>
      rowShapes(n).map(([rows, channels]) => ({
        inputs: {
          ...{ x: draw.floats([rows, channels]), weight: draw.floats([channels]), bias: draw.floats([channels]) },
          ...{ mean: draw.floats([channels]), variance: draw.regular([channels], 0.5, 2) },
        },
        attributes: { epsilon: EPSILON },
      })),
    ),
  ],
  [
    /^embedding_f32$/,
    sweep(
      'NablaEmbedding',
      () => tolerance('exact'),
      (n, draw) => [
        { inputs: { weight: draw.floats([5, n]), indices: draw.indices([4], 5) } },
        { inputs: { weight: draw.floats([3, 2]), indices: draw.indices([n], 3) } },
      ],
      { kinds: FEW },
    ),
  ],
  [
    /^embedding_grad_f32$/,
    sweep('NablaEmbeddingGrad', summed, (n, draw) => [
      {
        inputs: { gradOut: draw.floats([4, n]), indices: draw.indices([4], 3) },
        attributes: { vocabulary: 3, features: n },
      },
      {
        inputs: { gradOut: draw.floats([n, 2]), indices: draw.indices([n], 3) },
        attributes: { vocabulary: 3, features: 2 },
      },
    ]),
  ],
];
