// SPDX-License-Identifier: Apache-2.0
// Counting floating-point operations: what the kernels that multiply matrices take, from the shapes that they are given.

import type { AttentionGradInputs, AttentionInputs } from './backend/definitions/attention.ts';
import type { SelfAttentionGradInputs, SelfAttentionInputs } from './backend/definitions/self-attention.ts';
import type {
  ConvolutionAttributes,
  ConvolutionGradWeightInputs,
  ConvolutionGradXInputs,
  ConvolutionInputs,
} from './backend/definitions/convolution.ts';
import type { LinearInputs } from './backend/definitions/linear.ts';
import {
  type TfjsConvolution,
  type TfjsConvolutionAttributes,
  channelsFirst,
  tfjsWindows,
} from './backend/definitions/tfjs-convolution.ts';
import { type MatMulAttributes, type MatMulInputs, matMulSizes } from './backend/definitions/mat-mul.ts';
import {
  type RecurrentAttributes,
  type RecurrentGradInputs,
  type RecurrentInputs,
} from './backend/definitions/recurrent.ts';
import { checkSynchronous } from './check.ts';
import { observeKernels } from './observe-kernels.ts';
import { type Shape, sizeOf } from './shape.ts';
import type { TensorInfo } from './tf.ts';

/** A result, and the floating-point operations that it took. */
export interface Counted<T> {
  readonly value: T;
  readonly flops: number;
}

/** Products that are summed up in one call of a kernel; each is two operations. */
type Products<Inputs, Attributes> = (inputs: Inputs, attributes: Attributes) => number;

const PRODUCTS = new Map<string, Products<object, object>>();

function products<Inputs extends object, Attributes extends object = object>(
  kernelName: string,
  count: Products<Inputs, Attributes>,
): void {
  PRODUCTS.set(kernelName, count as Products<object, object>);
}

products<MatMulInputs, MatMulAttributes>('BatchMatMul', (inputs, attributes) => {
  const { m, n, k, batch } = matMulSizes(inputs, attributes);
  return sizeOf(batch) * m * n * k;
});

products<LinearInputs>('NablaLinear', ({ x, weight }) => sizeOf(x.shape.slice(0, -1)) * sizeOf(weight.shape));

// A convolution multiplies the whole weight at every position of its output; so do its gradients, at the same positions.
products<ConvolutionInputs, ConvolutionAttributes>(
  'NablaConvolution',
  ({ x, weight }, { outSize }) => x.shape[0] * sizeOf(outSize) * sizeOf(weight.shape),
);
products<ConvolutionGradXInputs, ConvolutionAttributes>(
  'NablaConvolutionGradX',
  ({ gradOut, weight }, { outSize }) => gradOut.shape[0] * sizeOf(outSize) * sizeOf(weight.shape),
);
products<ConvolutionGradWeightInputs, ConvolutionAttributes>(
  'NablaConvolutionGradWeight',
  ({ x, gradOut }, { outSize, kernelSize, groups }) => {
    const [inChannels, outChannels] = [x, gradOut].map(({ shape }) => shape[shape.length - 1]);
    return x.shape[0] * sizeOf(outSize) * sizeOf(kernelSize) * outChannels * (inChannels / groups);
  },
);

// tfjs' own, whose activations may have the channels before the positions.
function tfjsProducts(
  kind: TfjsConvolution,
  names: readonly string[],
  [gradXName, gradFilterName]: readonly string[],
): void {
  const multiplications = (x: Shape, filter: Shape, attributes: TfjsConvolutionAttributes): number => {
    const [batch, channels, ...spatial] = x;
    const shape = channelsFirst(attributes) ? [batch, ...spatial, channels] : x;
    return batch * sizeOf(tfjsWindows(kind, shape, filter, attributes).outSize) * sizeOf(filter);
  };
  for (const name of names) {
    products<{ x: TensorInfo; filter: TensorInfo }, TfjsConvolutionAttributes>(name, ({ x, filter }, attributes) =>
      multiplications(x.shape, filter.shape, attributes),
    );
  }
  products<{ filter: TensorInfo }, TfjsConvolutionAttributes & { inputShape: Shape }>(
    gradXName,
    ({ filter }, attributes) => multiplications(attributes.inputShape, filter.shape, attributes),
  );
  products<{ x: TensorInfo }, TfjsConvolutionAttributes & { filterShape: Shape }>(gradFilterName, ({ x }, attributes) =>
    multiplications(x.shape, attributes.filterShape, attributes),
  );
}

tfjsProducts('image', ['Conv2D', 'FusedConv2D'], ['Conv2DBackpropInput', 'Conv2DBackpropFilter']);
tfjsProducts(
  'depthwise',
  ['DepthwiseConv2dNative', 'FusedDepthwiseConv2D'],
  ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'],
);
tfjsProducts('volume', ['Conv3D'], ['Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2']);

products<AttentionInputs>('NablaAttention', ([query, key, value]) => {
  const { scores, headSize, valueSize } = attentionSizes(query.shape, key.shape, value.shape);
  return scores * (headSize + valueSize);
});
// Scores once more and the gradients of query and key; the gradients of the weights and of value.
products<AttentionGradInputs>('NablaAttentionGrad', ([, , , query, key, value]) => {
  const { scores, headSize, valueSize } = attentionSizes(query.shape, key.shape, value.shape);
  return scores * (3 * headSize + 2 * valueSize);
});
// Scores once more, and the gradients of the weights.
products<AttentionGradInputs>('NablaAttentionScoresGrad', ([, , , query, key, value]) => {
  const { scores, headSize, valueSize } = attentionSizes(query.shape, key.shape, value.shape);
  return scores * (headSize + valueSize);
});

products<SelfAttentionInputs>('NablaSelfAttention', ({ x }) => 2 * scoreProducts(x));
products<SelfAttentionGradInputs>('NablaSelfAttentionGrad', ({ x }) => 5 * scoreProducts(x));

/** Multiplications for the scores of a sequence `[batch, time, 3 * features]` in all heads. */
function scoreProducts({ shape }: TensorInfo): number {
  const [batch, time, features] = shape;
  return (batch * time * time * features) / 3;
}

function attentionSizes(
  [batch, heads, queryTime, headSize]: readonly number[],
  [, , keyTime]: readonly number[],
  [, , , valueSize]: readonly number[],
): { scores: number; headSize: number; valueSize: number } {
  return { scores: batch * heads * queryTime * keyTime, headSize, valueSize };
}

// Every step of every row multiplies both weights; backward, each gives the gradient of what it multiplied and its own.
products<RecurrentInputs, RecurrentAttributes>('NablaRecurrent', (inputs) => recurrentProducts(inputs));
products<RecurrentGradInputs, RecurrentAttributes>('NablaRecurrentGrad', (inputs) => 2 * recurrentProducts(inputs));

function recurrentProducts({ x, weightIh, weightHh }: Pick<RecurrentInputs, 'x' | 'weightIh' | 'weightHh'>): number {
  const [batch, time] = x.shape;
  return batch * time * (sizeOf(weightIh.shape) + sizeOf(weightHh.shape));
}

/**
 * Counts the floating-point operations of `f`: two, a multiplication and an addition, for each product in products of matrices,
 * linear maps, convolutions, attention and recurrent networks, in the forward and, where `f` computes gradients, in the backward pass. All else,
 * such as activations and normalizations, is not counted, nor is a bias; what a mask hides is. The numbers follow from shapes,
 * so they are the same on every device.
 *
 * @param f  gets a function that says how much was counted so far
 * @throws {ArgumentError} `f` returns a promise (code `ASYNC`)
 * @example
 * countFlops(() => matMul(ones([2, 3]), ones([3, 5]))).flops; // 60
 */
export function countFlops<T>(f: (soFar: () => number) => T): Counted<T> {
  let flops = 0;
  const value = observeKernels(
    (kernelName, inputs, attributes) => {
      const count = PRODUCTS.get(kernelName);
      if (count !== undefined) flops += 2 * count(inputs, attributes);
    },
    () => f(() => flops),
  );
  checkSynchronous('countFlops', 'f', value, 'Await first, then compute.');
  return { value, flops };
}
