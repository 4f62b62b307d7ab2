// SPDX-License-Identifier: Apache-2.0
// Gradients of tfjs' average pooling at the border, and of MaxPoolWithArgmax. The ops of ours have kernels of their own.

import { type GradConfig, type Tensor, add, backend_util, engine, mul, range, reshape, tensor } from '../tf.ts';
import { scatterRows } from './scatter-rows.ts';

interface PoolAttributes {
  readonly filterSize: never;
  readonly strides: never;
  readonly pad: never;
  readonly dimRoundingMode?: never;
}

/** How many of the positions under each window lie inside an axis, as a share of the window. */
function coverage(outputs: number, window: number, stride: number, before: number, length: number): number[] {
  return Array.from({ length: outputs }, (_, i) => {
    const start = i * stride - before;
    return (Math.min(start + window, length) - Math.max(start, 0)) / window;
  });
}

/**
 * The mean is over those elements of a window that lie inside, but tfjs' kernel for the gradient divides by the size of the whole
 * window: `gradOut` is divided by the share that lies inside first. Not for a list of widths, where tfjs' own tests ask for the wrong
 * gradient; averagePool2d and the others of ours are right there too.
 */
function averagePoolGradient(kernelName: 'AvgPool' | 'AvgPool3D', gradientKernel: string): GradConfig {
  return {
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (gradOut, [x], attributes) => ({
      x: () => {
        let dy = gradOut as Tensor;
        const options = attributes as object as PoolAttributes;
        const axes = Array.isArray(options.pad) ? [] : windows(kernelName, x, options);
        axes.forEach((axis, i) => {
          const shares = coverage(dy.shape[i + 1], axis.window, axis.stride, axis.before, x.shape[i + 1]);
          if (shares.every((share) => share === 1)) return;
          const shape = dy.shape.map((length, j) => (j === i + 1 ? length : 1));
          dy = mul(dy, tensor(shares.map((share) => 1 / share), shape)); // prettier-ignore
        });
        return engine().runKernel<Tensor>(gradientKernel, { dy, input: x }, attributes);
      },
    }),
  };
}

interface Window {
  readonly window: number;
  readonly stride: number;
  readonly before: number;
}

function windows(kernelName: string, x: Tensor, attributes: PoolAttributes): Window[] {
  const { filterSize, strides, pad, dimRoundingMode } = attributes;
  if (kernelName === 'AvgPool') {
    const found = backend_util.computePool2DInfo(x.shape as never, filterSize, strides, 1, pad, dimRoundingMode);
    return [
      { window: found.filterHeight, stride: found.strideHeight, before: found.padInfo.top },
      { window: found.filterWidth, stride: found.strideWidth, before: found.padInfo.left },
    ];
  }
  const found = backend_util.computePool3DInfo(x.shape as never, filterSize, strides, 1, pad, dimRoundingMode);
  return [
    { window: found.filterDepth, stride: found.strideDepth, before: found.padInfo.front },
    { window: found.filterHeight, stride: found.strideHeight, before: found.padInfo.top },
    { window: found.filterWidth, stride: found.strideWidth, before: found.padInfo.left },
  ];
}

export const averagePoolGradients: readonly GradConfig[] = [
  averagePoolGradient('AvgPool', 'AvgPoolGrad'),
  averagePoolGradient('AvgPool3D', 'AvgPool3DGrad'),
];

/** To the element that was the largest; the positions have none. */
export const maxPoolWithArgmaxGradient: GradConfig = {
  kernelName: 'MaxPoolWithArgmax',
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (gradOut, [x, positions], attributes) => ({
    x: () => {
      const { includeBatchInIndex } = attributes as object as { readonly includeBatchInIndex: boolean };
      const [gradMaximum] = gradOut as Tensor[];
      const [batch] = x.shape;
      const starts = range(0, x.size, x.size / batch, 'int32');
      const rows = reshape(positions, [batch, -1]);
      const offsets = includeBatchInIndex ? rows : add(rows, reshape(starts, [batch, 1]));
      return reshape(scatterRows(reshape(gradMaximum, [-1]), reshape(offsets, [-1]), x.size), x.shape);
    },
  }),
};
