// SPDX-License-Identifier: Apache-2.0
// How the kernels of convolutions, pooling and resampling are tried.

import { type Tolerance, tolerance } from '../../tolerances.ts';
import { type Draw, FEW, MANY, type RunTensor } from './draw.ts';
import type { KernelRun, KernelSweep, SweepRows } from './sweep.ts';

const summed = (terms: number) => (): Tolerance => tolerance('matmul', terms);

/** Windows over images of one plane, `[1, height, width]`. */
interface Windows {
  readonly inSize: readonly number[];
  readonly outSize: readonly number[];
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

function windows(
  size: readonly [number, number],
  kernel: number,
  stride: number,
  padding: number,
  dilation = 1,
): Windows {
  const outOf = (length: number): number =>
    Math.max(0, Math.floor((length + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1);
  return {
    inSize: [1, ...size],
    outSize: [1, ...size.map(outOf)],
    kernelSize: [1, kernel, kernel],
    stride: [1, stride, stride],
    padding: [0, padding, padding],
    dilation: [1, dilation, dilation],
  };
}

interface Convolution {
  readonly ins: number;
  readonly outs: number;
  readonly groups: number;
  readonly at: Windows;
}

/**
 * Each of width, channels, filters and groups `n` long; kernels of one and more elements, steps, padding, dilation. A
 * convolution has a channel and a position at least, but perhaps no image.
 */
const convolutions = (n: number): Convolution[] => [
  { ins: 3, outs: 5, groups: 1, at: windows([4, n], 3, 1, 1) },
  { ins: n, outs: 4, groups: 1, at: windows([5, 6], 3, 2, 1) },
  { ins: 3, outs: n, groups: 1, at: windows([4, 5], 2, 1, 0) },
  { ins: n, outs: n, groups: n, at: windows([5, 6], 3, 1, 1) },
  { ins: 6, outs: 4, groups: 2, at: windows([3, n], 2, 1, 1, 2) },
  { ins: n, outs: 7, groups: 1, at: windows([3, 3], 1, 1, 0) },
];

type Make = (shape: number[]) => RunTensor;

/** The inputs of a run, made by `special`, or by `plain` where they meet the edge of the image. */
type ConvolutionInputs = (
  shapes: Readonly<Record<'x' | 'weight' | 'gradOut' | 'bias', number[]>>,
  special: Make,
  plain: Make,
) => Readonly<Record<string, RunTensor>>;

/** Whether an element outside of the image is left out or multiplied as 0 is open: it shows where what it meets is not finite. */
const convolution = (kernelName: string, inputs: ConvolutionInputs) => (): KernelSweep => ({
  kinds: MANY,
  tolerance: (n) => tolerance('matmul', 9 * n + 60),
  openInfinities: 'a tile of outputs may add what it does not keep to infinities of its neighbours',
  runs: (n, draw) =>
    convolutions(Math.max(n, 1)).map(({ ins, outs, groups, at }, i) => {
      const batch = n === 0 ? 0 : 2;
      const hasEdge = at.kernelSize[1] > 1;
      const special: Make = (shape) => draw.floats(shape);
      const plain: Make = (shape) =>
        hasEdge && (draw.kind === 'nan' || draw.kind === 'infinite') ? draw.regular(shape) : draw.floats(shape);
      const shapes = {
        x: [batch, ...at.inSize.slice(1), ins],
        weight: [outs, ins / groups, ...at.kernelSize.slice(1)],
        gradOut: [batch, ...at.outSize.slice(1), outs],
        bias: [outs],
      };
      const attributes = { ...at, groups, activation: ['none', 'relu', 'silu'][i % 3] };
      return { kernelName, inputs: inputs(shapes, special, plain), attributes };
    }),
});

const pools = (n: number): { channels: number; at: Windows }[] => [
  { channels: 3, at: windows([4, n], 3, 1, 1) },
  { channels: n, at: windows([5, 6], 2, 2, 0) },
  { channels: 2, at: windows([5, n], 2, 2, 1) },
];

/** For each output a position of the input that its window covers. */
function positionsIn({ inSize, kernelSize, stride, padding }: Windows, out: readonly number[], draw: Draw): RunTensor {
  const [batch, height, width, channels] = out;
  const along = (axis: number, o: number): number => {
    const first = o * stride[axis] - padding[axis];
    const [low, high] = [Math.max(first, 0), Math.min(first + kernelSize[axis], inSize[axis])];
    return low + draw.below(high - low);
  };
  const values = Int32Array.from({ length: batch * height * width * channels }, (_, i) => {
    const position = Math.floor(i / channels) % (height * width);
    return along(1, Math.floor(position / width)) * inSize[2] + along(2, position % width);
  });
  return { shape: out, dtype: 'int32', values, origin: 'positions of windows' };
}

const pool =
  (kernelName: string, inputs: (draw: Draw, x: number[], out: number[], at: Windows) => KernelRun['inputs']) =>
  (): KernelSweep => ({
    kinds: kernelName === 'NablaMaxPool' ? [...MANY, ...FEW.slice(1)] : MANY,
    tolerance: kernelName === 'NablaMaxPool' ? summed(0) : summed(9),
    runs: (n, draw) =>
      pools(Math.max(n, 1)).flatMap(({ channels, at }) =>
        [false, true].map((countIncludePad) => ({
          kernelName,
          inputs: inputs(
            draw,
            [n === 0 ? 0 : 2, ...at.inSize.slice(1), channels],
            [n === 0 ? 0 : 2, ...at.outSize.slice(1), channels],
            at,
          ),
          attributes: { ...at, adaptive: false, countIncludePad },
        })),
      ),
  });

const resample = (kernelName: string, isGrad: boolean) => (): KernelSweep => ({
  kinds: MANY,
  tolerance: summed(8),
  runs: (n, draw) =>
    [
      { shape: [2, 4, n], out: 5 },
      { shape: [2, 4, 3], out: n },
      { shape: [n, 3, 2], out: 2 },
    ].map(({ shape, out }) => ({
      kernelName,
      inputs: {
        ...(isGrad ? { gradOut: draw.floats([shape[0], out, shape[2]]) } : { x: draw.floats(shape) }),
        indices: draw.indices([out, 2], shape[1]),
        weights: draw.floats([out, 2], 0, 1),
      },
      attributes: { axis: 1, length: shape[1] },
    })),
});

export const windowSweeps: SweepRows = [
  [
    /^conv_f32$/,
    convolution('NablaConvolution', ({ x, weight, bias }, special, plain) => ({
      ...{ x: special(x), weight: plain(weight), bias: special(bias) },
    })),
  ],
  [
    /^conv_grad_in_f32$/,
    convolution('NablaConvolutionGradX', ({ gradOut, weight }, special, plain) => ({
      ...{ gradOut: special(gradOut), weight: plain(weight) },
    })),
  ],
  [
    /^conv_grad_weight_f32$/,
    convolution('NablaConvolutionGradWeight', ({ x, gradOut }, special, plain) => ({
      ...{ x: special(x), gradOut: plain(gradOut) },
    })),
  ],
  [/^max_pool_f32$/, pool('NablaMaxPool', (draw, x) => ({ x: draw.floats(x) }))],
  [
    /^max_pool_grad_f32$/,
    pool('NablaMaxPoolGrad', (draw, _, out, at) => ({ gradOut: draw.floats(out), argmax: positionsIn(at, out, draw) })),
  ],
  [/^average_pool_f32$/, pool('NablaAveragePool', (draw, x) => ({ x: draw.floats(x) }))],
  [/^average_pool_grad_f32$/, pool('NablaAveragePoolGrad', (draw, _, out) => ({ gradOut: draw.floats(out) }))],
  [/^resample_f32$/, resample('NablaResample', false)],
  [/^resample_grad_f32$/, resample('NablaResampleGrad', true)],
];
