// SPDX-License-Identifier: Apache-2.0
// tfjs' own convolutions on device cpu: they are ours once the filter is in our order, a copy that is small beside the
// convolution. Channels before positions and integers are left to the definition.

import { type Shape, rowMajorStrides, sameShape, sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import {
  type TfjsConvolution,
  type TfjsConvolutionAttributes,
  channelsFirst,
  tfjsWindows,
} from '../definitions/tfjs-convolution.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';
import { runConvolution, runConvolutionGradWeight, runConvolutionGradX } from './convolution.ts';
import { readStrided } from './copy.ts';
import { type TfjsActivation, activate, canActivate, fusedActivation } from './tfjs-activation.ts';

/** The axes of a filter in the order of ours, `[outChannels, inChannels / groups, ...kernel]`. */
const FILTER_AXES: Readonly<Record<TfjsConvolution, readonly number[]>> = {
  image: [3, 2, 0, 1],
  depthwise: [2, 3, 0, 1], // [channels, outputs of a channel, …], and one channel in a group
  volume: [4, 3, 0, 1, 2],
};

/** A filter as our weight, in memory of its own or shared. */
function weightOf(backend: NativeBackend, kind: TfjsConvolution, filter: TensorInfo): TensorInfo {
  const axes = FILTER_AXES[kind];
  const strides = rowMajorStrides(filter.shape);
  const reading = { shape: axes.map((axis) => filter.shape[axis]), strides: axes.map((axis) => strides[axis]) };
  const weight = readStrided(backend, filter, reading);
  const [outs, ins, ...kernel] = weight.shape;
  return kind === 'depthwise' ? { ...weight, shape: [outs * ins, 1, ...kernel] } : weight;
}

/** The gradient of our weight as that of a filter of `shape`; gives the former back. */
function filterOf(backend: NativeBackend, kind: TfjsConvolution, gradWeight: TensorInfo, shape: Shape): TensorInfo {
  const axes = FILTER_AXES[kind];
  const strides = rowMajorStrides(axes.map((axis) => shape[axis]));
  const gradFilter = readStrided(backend, gradWeight, {
    shape,
    strides: shape.map((_, axis) => strides[axes.indexOf(axis)]),
  });
  backend.disposeData(gradWeight.dataId);
  return gradFilter;
}

/** Whether ours can have a convolution of `x` with `filter`, or its gradient given that of the output; `tensors` are its inputs. */
function isOurs(
  kind: TfjsConvolution,
  tensors: readonly TensorInfo[],
  x: Shape,
  filter: Shape,
  attributes: TfjsConvolutionAttributes,
  gradOut?: Shape,
): boolean {
  if (tensors.some(({ dtype }) => dtype !== 'float32') || channelsFirst(attributes)) return false;
  const { inSize, outSize, padding } = tfjsWindows(kind, x, filter, attributes);
  // tfjs does not check that a gradient has the size of the output, and uses a part of a larger one.
  if (gradOut !== undefined && !sameShape(gradOut.slice(1, -1), outSize.slice(2 - gradOut.length))) return false;
  const lengths = [...inSize, ...outSize, ...filter];
  return x[x.length - 1] === filter[filter.length - 2] && lengths.every((n) => n > 0) && padding.every((n) => n >= 0);
}

interface ForwardInputs {
  readonly x: TensorInfo;
  readonly filter: TensorInfo;
  readonly bias?: TensorInfo | null;
  readonly preluActivationWeights?: TensorInfo | null;
}

/** Outputs of a filter, `bias` having one number for each. */
function outChannels(kind: TfjsConvolution, { shape }: TensorInfo): number {
  return kind === 'depthwise' ? shape[2] * shape[3] : shape[shape.length - 1];
}

function forward(kernelName: string, kind: TfjsConvolution): KernelConfig {
  return nativeKernel<ForwardInputs, TfjsConvolutionAttributes & TfjsActivation>(kernelName, {
    accepts: ({ x, filter, bias, preluActivationWeights }, attributes) => {
      const outs = outChannels(kind, filter);
      if (!canActivate(attributes, preluActivationWeights, outs)) return false;
      if (bias != null && sizeOf(bias.shape) !== outs) return false;
      return isOurs(kind, [x, filter, ...(bias == null ? [] : [bias])], x.shape, filter.shape, attributes);
    },
    run: ({ x, filter, bias, preluActivationWeights }, attributes, backend) => {
      const weight = weightOf(backend, kind, filter);
      const windows = tfjsWindows(kind, x.shape, filter.shape, attributes);
      const inputs = { x, weight, ...(bias != null && { bias }) };
      const [out] = runConvolution(inputs, { ...windows, activation: fusedActivation(attributes) }, backend);
      backend.disposeData(weight.dataId);
      activate(backend, out, attributes, preluActivationWeights);
      return out;
    },
  });
}

/** The gradients of tfjs' convolutions of whole images or volumes know no dilation. */
function undilated<Attributes extends TfjsConvolutionAttributes>(
  kind: TfjsConvolution,
  attributes: Attributes,
): Attributes {
  return kind === 'depthwise' ? attributes : { ...attributes, dilations: 1 };
}

function gradX(kernelName: string, kind: TfjsConvolution): KernelConfig {
  return nativeKernel<{ dy: TensorInfo; filter: TensorInfo }, TfjsConvolutionAttributes & { inputShape: Shape }>(
    kernelName,
    {
      accepts: ({ dy, filter }, { inputShape, ...attributes }) =>
        isOurs(kind, [dy, filter], inputShape, filter.shape, undilated(kind, attributes), dy.shape),
      run: ({ dy, filter }, { inputShape, ...attributes }, backend) => {
        const weight = weightOf(backend, kind, filter);
        const windows = tfjsWindows(kind, inputShape, filter.shape, undilated(kind, attributes));
        const out = runConvolutionGradX({ gradOut: dy, weight }, windows, backend);
        backend.disposeData(weight.dataId);
        return out;
      },
    },
  );
}

function gradFilter(kernelName: string, kind: TfjsConvolution): KernelConfig {
  return nativeKernel<{ x: TensorInfo; dy: TensorInfo }, TfjsConvolutionAttributes & { filterShape: Shape }>(
    kernelName,
    {
      accepts: ({ x, dy }, { filterShape, ...attributes }) =>
        isOurs(kind, [x, dy], x.shape, filterShape, undilated(kind, attributes), dy.shape),
      run: ({ x, dy }, { filterShape, ...attributes }, backend) => {
        const windows = tfjsWindows(kind, x.shape, filterShape, undilated(kind, attributes));
        return filterOf(backend, kind, runConvolutionGradWeight({ x, gradOut: dy }, windows, backend), filterShape);
      },
    },
  );
}

export const tfjsConvolutionKernels: readonly KernelConfig[] = [
  forward('Conv2D', 'image'),
  forward('FusedConv2D', 'image'),
  gradX('Conv2DBackpropInput', 'image'),
  gradFilter('Conv2DBackpropFilter', 'image'),
  forward('DepthwiseConv2dNative', 'depthwise'),
  forward('FusedDepthwiseConv2D', 'depthwise'),
  gradX('DepthwiseConv2dNativeBackpropInput', 'depthwise'),
  gradFilter('DepthwiseConv2dNativeBackpropFilter', 'depthwise'),
  forward('Conv3D', 'volume'),
  gradX('Conv3DBackpropInputV2', 'volume'),
  gradFilter('Conv3DBackpropFilterV2', 'volume'),
];
