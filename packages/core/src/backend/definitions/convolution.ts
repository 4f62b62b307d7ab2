// SPDX-License-Identifier: Apache-2.0
// Convolution in TypeScript, patches times weights; see native/src/kernels/conv.h for the formulas.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { type Activation, activationFunctions } from './activation.ts';
import { depthwise, depthwiseGradWeight, depthwiseGradX } from './depthwise-convolution.ts';
import { savesInput } from './linear.ts';
import { matrixView, multiply, multiplyPacked, packColumns, packRows } from './multiply.ts';
import {
  type ConvolutionAttributes,
  type ConvolutionSizes,
  addPatches,
  packPatchColumns,
  packPatches,
  sizesOf,
} from './patches.ts';
import { withSpatial } from './windows.ts';

export type { ConvolutionAttributes } from './patches.ts';

export interface ConvolutionForwardAttributes extends ConvolutionAttributes {
  readonly activation: Activation;
}
export interface ConvolutionInputs {
  readonly x: TensorInfo; // [batch, ...spatial, inChannels]
  readonly weight: TensorInfo; // [outChannels, inChannels / groups, ...kernel]
  readonly bias?: TensorInfo | undefined; // [outChannels]
}
export interface ConvolutionGradXInputs {
  readonly gradOut: TensorInfo; // [batch, ...outSpatial, outChannels]
  readonly weight: TensorInfo; // [outChannels, inChannels / groups, ...kernel]
}
export interface ConvolutionGradWeightInputs {
  readonly x: TensorInfo; // [batch, ...spatial, inChannels]
  readonly gradOut: TensorInfo; // [batch, ...outSpatial, outChannels]
}

/** Whether every group has one input channel: then there is nothing to sum over channels, and no matrix to multiply. */
function isDepthwise({ groups }: ConvolutionAttributes, { ins }: ConvolutionSizes): boolean {
  return groups > 1 && ins === 1;
}

/** → out `[batch, ...outSpatial, outChannels]` before bias and activation */
function convolve(input: Float32Array, weights: Float32Array, groups: number, sizes: ConvolutionSizes): Float32Array {
  const { batch, outChannels, outPlane, outs, patch } = sizes;
  const out = new Float32Array(batch * outPlane * outChannels);
  for (let group = 0; group < groups; group++) {
    const right = matrixView(weights, group * outs * patch, patch, true); // [patch, outs]
    const into = matrixView(out, group * outs, outChannels, false); // [batch * outPlane, outs]
    const product = { m: batch * outPlane, n: outs, k: patch };
    multiplyPacked(packPatches(input, group, sizes), packColumns(right, outs, patch), into, product);
  }
  return out;
}

/**
 * → [out `[batch, ...outSpatial, outChannels]`], and where the activation's gradient needs it what went in, of the same
 * shape
 */
const convolution = definition<ConvolutionInputs, ConvolutionForwardAttributes>(
  'NablaConvolution',
  ({ x, weight, bias }, attributes, backend) => {
    const shape = [...withSpatial(x.shape, attributes.outSize).slice(0, -1), weight.shape[0]];
    const sizes = sizesOf(attributes, x.shape[0], x.shape[x.shape.length - 1], weight.shape[0]);
    const { outChannels } = sizes;
    const [input, weights] = [backend.floats(x), backend.floats(weight)];
    const into = isDepthwise(attributes, sizes)
      ? depthwise(input, weights, sizes)
      : convolve(input, weights, attributes.groups, sizes);
    if (bias != null) {
      const shift = backend.floats(bias);
      for (let i = 0; i < into.length; i++) into[i] += shift[i % outChannels];
    }
    const { activation } = attributes;
    if (activation === 'none') return [backend.make(shape, 'float32', into)];
    const { value } = activationFunctions[activation];
    const result = backend.make(
      shape,
      'float32',
      into.map((number) => value(number)),
    );
    return savesInput(activation) ? [result, backend.make(shape, 'float32', into)] : [result];
  },
);

/** → gradX `[batch, ...spatial, inChannels]` */
const convolutionGradX = definition<ConvolutionGradXInputs, ConvolutionAttributes>(
  'NablaConvolutionGradX',
  ({ gradOut, weight }, attributes, backend) => {
    const inChannels = weight.shape[1] * attributes.groups;
    const shape = [...withSpatial(gradOut.shape, attributes.inSize).slice(0, -1), inChannels];
    const sizes = sizesOf(attributes, gradOut.shape[0], inChannels, weight.shape[0]);
    const { batch, outChannels, outPlane, outs, patch } = sizes;
    const [grad, weights] = [backend.floats(gradOut), backend.floats(weight)];
    if (isDepthwise(attributes, sizes)) {
      return backend.make(shape, 'float32', depthwiseGradX(grad, weights, sizes));
    }
    const gradX = new Float32Array(sizeOf(shape));
    const gradPatches = new Float32Array(outPlane * patch); // of one image, so that it stays small
    for (let image = 0; image < batch; image++) {
      for (let group = 0; group < attributes.groups; group++) {
        const left = matrixView(grad, image * outPlane * outChannels + group * outs, outChannels, false);
        const right = matrixView(weights, group * outs * patch, patch, false); // [outs, patch]
        multiply(left, right, matrixView(gradPatches, 0, patch, false), { m: outPlane, n: patch, k: outs });
        addPatches(gradPatches, gradX, image, group, sizes);
      }
    }
    return backend.make(shape, 'float32', gradX);
  },
);

/** → gradWeight `[outChannels, inChannels / groups, ...kernel]` */
const convolutionGradWeight = definition<ConvolutionGradWeightInputs, ConvolutionAttributes>(
  'NablaConvolutionGradWeight',
  ({ x, gradOut }, attributes, backend) => {
    const [inChannels, outChannels] = [x, gradOut].map(({ shape }) => shape[shape.length - 1]);
    const shape = [outChannels, inChannels / attributes.groups, ...attributes.kernelSize.slice(5 - x.shape.length)];
    const sizes = sizesOf(attributes, x.shape[0], inChannels, outChannels);
    const { batch, outPlane, outs, patch } = sizes;
    const [input, grad] = [backend.floats(x), backend.floats(gradOut)];
    if (isDepthwise(attributes, sizes)) {
      return backend.make(shape, 'float32', depthwiseGradWeight(grad, input, sizes));
    }
    const gradWeight = new Float32Array(sizeOf(shape));
    const ofImage = new Float32Array(outs * patch);
    for (let image = 0; image < batch; image++) {
      for (let group = 0; group < attributes.groups; group++) {
        // [outs, outPlane] · [outPlane, patch]
        const left = matrixView(grad, image * outPlane * outChannels + group * outs, outChannels, true);
        const patches = packPatchColumns(input, image, group, sizes);
        const into = matrixView(ofImage, 0, patch, false);
        multiplyPacked(packRows(left, outs, outPlane), patches, into, { m: outs, n: patch, k: outPlane });
        for (let i = 0; i < ofImage.length; i++) gradWeight[group * outs * patch + i] += ofImage[i];
      }
    }
    return backend.make(shape, 'float32', gradWeight);
  },
);

export const convolutionDefinitions: readonly KernelConfig[] = [convolution, convolutionGradX, convolutionGradWeight];
