// SPDX-License-Identifier: Apache-2.0
// Convolution in TypeScript, patches times weights; see native/src/kernels/conv.h for the formulas.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { definition } from '../kernel.ts';
import { type Activation, activationFunctions } from './activation.ts';
import { savesInput } from './linear.ts';
import { matrixView, multiply } from './mat-mul.ts';
import { type Windows, withSpatial } from './windows.ts';

/** The windows of a convolution, along depth, height and width, and the groups of channels that do not see each other. */
export interface ConvolutionAttributes extends Omit<Windows, 'adaptive'> {
  readonly groups: number;
}
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

/** The sizes that the loops need. */
interface Sizes {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inPlane: number; // positions of an image
  readonly outPlane: number;
  readonly taps: number; // elements of the kernel
  readonly ins: number; // channels of one group
  readonly outs: number;
  readonly patch: number; // ins * taps
  /** `[outPlane, taps]`: the position of the input that each element of the kernel meets, -1 outside. */
  readonly positions: Int32Array;
}

function sizesOf(attributes: ConvolutionAttributes, inChannels: number, outChannels: number): Sizes {
  const { inSize, outSize, kernelSize, groups } = attributes;
  const [ins, outs, taps] = [inChannels / groups, outChannels / groups, sizeOf(kernelSize)];
  const [inPlane, outPlane] = [sizeOf(inSize), sizeOf(outSize)];
  const positions = positionsOf(attributes);
  return { inChannels, outChannels, inPlane, outPlane, taps, ins, outs, patch: ins * taps, positions };
}

function positionsOf({ inSize, outSize, kernelSize, stride, padding, dilation }: ConvolutionAttributes): Int32Array {
  const source = (axis: number, o: number, k: number): number => {
    const t = o * stride[axis] - padding[axis] + k * dilation[axis];
    return t < inSize[axis] ? t : -1; // before the input it is negative anyway
  };
  const positions = new Int32Array(sizeOf(outSize) * sizeOf(kernelSize));
  let next = 0;
  for (const [oz, oy, ox] of eachPosition(outSize)) {
    for (const [kz, ky, kx] of eachPosition(kernelSize)) {
      const [z, y, x] = [source(0, oz, kz), source(1, oy, ky), source(2, ox, kx)];
      positions[next++] = z < 0 || y < 0 || x < 0 ? -1 : (z * inSize[1] + y) * inSize[2] + x;
    }
  }
  return positions;
}

/** The positions of a box in the order of memory. */
function* eachPosition([depth, height, width]: readonly number[]): Generator<readonly [number, number, number]> {
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) yield [z, y, x];
  }
}

/** `patches[o, ci, tap]`: what the window at each output position covers of one image and one group of channels, 0 outside. */
function patchesOf(input: Float32Array, image: number, group: number, sizes: Sizes): Float32Array {
  const { inChannels, inPlane, outPlane, taps, ins, patch, positions } = sizes;
  const patches = new Float32Array(outPlane * patch);
  for (let o = 0; o < outPlane; o++) {
    for (let tap = 0; tap < taps; tap++) {
      const position = positions[o * taps + tap];
      if (position < 0) continue;
      const from = (image * inPlane + position) * inChannels + group * ins;
      for (let ci = 0; ci < ins; ci++) patches[o * patch + ci * taps + tap] = input[from + ci];
    }
  }
  return patches;
}

/** → [out `[batch, ...outSpatial, outChannels]`], and where the activation's gradient needs it what went in, of the same shape */
const convolution = definition<ConvolutionInputs, ConvolutionForwardAttributes>(
  'NablaConvolution',
  ({ x, weight, bias }, attributes, backend) => {
    const shape = [...withSpatial(x.shape, attributes.outSize).slice(0, -1), weight.shape[0]];
    const sizes = sizesOf(attributes, x.shape[x.shape.length - 1], weight.shape[0]);
    const { outChannels, outPlane, outs, patch } = sizes;
    const [input, weights] = [backend.floats(x), backend.floats(weight)];
    const shift = bias == null ? undefined : backend.floats(bias);
    const into = new Float32Array(sizeOf(shape));
    const product = new Float32Array(outPlane * outs);
    for (let image = 0; image < x.shape[0]; image++) {
      for (let group = 0; group < attributes.groups; group++) {
        const patches = matrixView(patchesOf(input, image, group, sizes), 0, patch, false);
        const right = matrixView(weights, group * outs * patch, patch, true); // [patch, outs]
        multiply(patches, right, product, 0, outPlane, outs, patch);
        for (let i = 0; i < product.length; i++) {
          const channel = group * outs + (i % outs);
          const at = (image * outPlane + Math.floor(i / outs)) * outChannels + channel;
          into[at] = product[i] + (shift === undefined ? 0 : shift[channel]);
        }
      }
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
    const sizes = sizesOf(attributes, inChannels, weight.shape[0]);
    const { outChannels, inPlane, outPlane, taps, ins, outs, patch, positions } = sizes;
    const [grad, weights] = [backend.floats(gradOut), backend.floats(weight)];
    const gradX = new Float32Array(sizeOf(shape));
    const gradPatches = new Float32Array(outPlane * patch);
    for (let image = 0; image < gradOut.shape[0]; image++) {
      for (let group = 0; group < attributes.groups; group++) {
        const left = matrixView(grad, image * outPlane * outChannels + group * outs, outChannels, false);
        const right = matrixView(weights, group * outs * patch, patch, false); // [outs, patch]
        multiply(left, right, gradPatches, 0, outPlane, patch, outs);
        for (let i = 0; i < gradPatches.length; i++) {
          const [o, ci, tap] = [Math.floor(i / patch), Math.floor((i % patch) / taps), i % taps];
          const position = positions[o * taps + tap];
          if (position >= 0) gradX[(image * inPlane + position) * inChannels + group * ins + ci] += gradPatches[i];
        }
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
    const sizes = sizesOf(attributes, inChannels, outChannels);
    const { outPlane, outs, patch } = sizes;
    const [input, grad] = [backend.floats(x), backend.floats(gradOut)];
    const gradWeight = new Float32Array(sizeOf(shape));
    const product = new Float32Array(outs * patch);
    for (let image = 0; image < x.shape[0]; image++) {
      for (let group = 0; group < attributes.groups; group++) {
        // [outs, outPlane] · [outPlane, patch]
        const left = matrixView(grad, image * outPlane * outChannels + group * outs, outChannels, true);
        const patches = matrixView(patchesOf(input, image, group, sizes), 0, patch, false);
        multiply(left, patches, product, 0, outs, patch, outPlane);
        for (let i = 0; i < product.length; i++) gradWeight[group * outs * patch + i] += product[i];
      }
    }
    return backend.make(shape, 'float32', gradWeight);
  },
);

export const convolutionDefinitions: readonly KernelConfig[] = [convolution, convolutionGradX, convolutionGradWeight];
