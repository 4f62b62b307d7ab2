// SPDX-License-Identifier: Apache-2.0
// Convolution on device cpu.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { NO_BUFFER } from '../addon.ts';
import { ACTIVATIONS } from '../definitions/activation.ts';
import type {
  ConvolutionAttributes,
  ConvolutionForwardAttributes,
  ConvolutionGradWeightInputs,
  ConvolutionGradXInputs,
  ConvolutionInputs,
} from '../definitions/convolution.ts';
import { savesInput } from '../definitions/linear.ts';
import { withSpatial } from '../definitions/windows.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';

/** The parameters that all native convolutions have. */
function convolutionParameters(attributes: ConvolutionAttributes, batch: number, ins: number, outs: number) {
  return {
    batch,
    in_channels: ins,
    out_channels: outs,
    groups: attributes.groups,
    in_size: attributes.inSize,
    out_size: attributes.outSize,
    kernel: attributes.kernelSize,
    stride: attributes.stride,
    padding: attributes.padding,
    dilation: attributes.dilation,
  };
}

const channelsOf = ({ shape }: TensorInfo): number => shape[shape.length - 1];

/** → [out], and what went into the activation where its gradient needs that */
export function runConvolution(
  { x, weight, bias }: ConvolutionInputs,
  attributes: ConvolutionForwardAttributes,
  backend: NativeBackend,
): TensorInfo[] {
  const { activation, outSize } = attributes;
  const shape = [...withSpatial(x.shape, outSize).slice(0, -1), weight.shape[0]];
  const out = backend.allocate(shape, 'float32');
  const pre = savesInput(activation) ? backend.allocate(shape, 'float32') : undefined;
  backend.kernels.conv_f32({
    in: backend.buffer(x),
    weight: backend.buffer(weight),
    bias: bias == null ? NO_BUFFER : backend.buffer(bias),
    out: backend.buffer(out),
    pre: pre === undefined ? NO_BUFFER : backend.buffer(pre),
    ...convolutionParameters(attributes, x.shape[0], channelsOf(x), weight.shape[0]),
    activation: ACTIVATIONS.indexOf(activation),
    has_bias: bias == null ? 0 : 1,
    has_pre: pre === undefined ? 0 : 1,
  });
  return pre === undefined ? [out] : [out, pre];
}

export function runConvolutionGradX(
  { gradOut, weight }: ConvolutionGradXInputs,
  attributes: ConvolutionAttributes,
  backend: NativeBackend,
): TensorInfo {
  const inChannels = weight.shape[1] * attributes.groups;
  const gradX = backend.allocate(
    [...withSpatial(gradOut.shape, attributes.inSize).slice(0, -1), inChannels],
    'float32',
  );
  backend.kernels.conv_grad_in_f32({
    grad_out: backend.buffer(gradOut),
    weight: backend.buffer(weight),
    grad_in: backend.buffer(gradX),
    ...convolutionParameters(attributes, gradOut.shape[0], inChannels, weight.shape[0]),
  });
  return gradX;
}

export function runConvolutionGradWeight(
  { x, gradOut }: ConvolutionGradWeightInputs,
  attributes: ConvolutionAttributes,
  backend: NativeBackend,
): TensorInfo {
  const kernel = attributes.kernelSize.slice(5 - x.shape.length);
  const shape = [channelsOf(gradOut), channelsOf(x) / attributes.groups, ...kernel];
  const gradWeight = backend.allocate(shape, 'float32');
  backend.kernels.conv_grad_weight_f32({
    in: backend.buffer(x),
    grad_out: backend.buffer(gradOut),
    grad_weight: backend.buffer(gradWeight),
    ...convolutionParameters(attributes, x.shape[0], channelsOf(x), channelsOf(gradOut)),
  });
  return gradWeight;
}

const convolution = nativeKernel<ConvolutionInputs, ConvolutionForwardAttributes>('NablaConvolution', {
  needs: ['conv_f32'],
  run: runConvolution,
});

const convolutionGradX = nativeKernel<ConvolutionGradXInputs, ConvolutionAttributes>('NablaConvolutionGradX', {
  needs: ['conv_grad_in_f32'],
  run: runConvolutionGradX,
});

const convolutionGradWeight = nativeKernel<ConvolutionGradWeightInputs, ConvolutionAttributes>(
  'NablaConvolutionGradWeight',
  { needs: ['conv_grad_weight_f32'], run: runConvolutionGradWeight },
);

export const convolutionKernels: readonly KernelConfig[] = [convolution, convolutionGradX, convolutionGradWeight];
