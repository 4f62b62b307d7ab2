// SPDX-License-Identifier: Apache-2.0
// Convolutions of images: forward, and alone the gradients by the data and by the weight.

import { conv2d, tensor } from '@nabla/core';
import { engine } from '@tensorflow/tfjs-core';

import { fill } from '../inputs.mjs';

/** Images, their height and width, channels in and out, the kernel's height and width, stride. */
const SHAPES = [
  [8, 56, 64, 64, 3, 1],
  [8, 56, 64, 256, 1, 1],
  [8, 28, 128, 128, 3, 1],
  [8, 14, 256, 256, 3, 1],
  [8, 7, 512, 512, 3, 1],
  [1, 224, 3, 64, 7, 2],
  [64, 28, 1, 32, 3, 1],
  [64, 14, 32, 64, 3, 1],
];

/** On the js device: those whose peer is done within a second. */
const JS_SHAPES = [
  [1, 28, 64, 64, 3, 1],
  [64, 28, 1, 32, 3, 1],
  [8, 14, 64, 128, 3, 1],
];

/** The windows as the gradients' kernels take them, with a depth of 1. */
function windows({ size, outSize, kernel, stride, padding }) {
  const three = (value, depth) => [depth, value, value];
  return {
    inSize: three(size, 1),
    outSize: three(outSize, 1),
    kernelSize: three(kernel, 1),
    stride: three(stride, 1),
    padding: three(padding, 0),
    dilation: [1, 1, 1],
    groups: 1,
  };
}

function prepare(spec) {
  const { pass, batch, size, inChannels, outChannels, kernel, stride, padding, outSize } = spec;
  const image = [batch, size, size, inChannels];
  const filters = [outChannels, inChannels, kernel, kernel];
  const result = [batch, outSize, outSize, outChannels];
  const make = (shape, seed) => tensor(fill(shape.reduce((a, b) => a * b), seed), shape); // prettier-ignore
  const [x, weight, gradOut] = [make(image, 1), make(filters, 2), make(result, 3)];
  const attributes = windows(spec);
  const runs = {
    forward: () => ({ out: conv2d(x, weight, undefined, { stride, padding }) }),
    byData: () => ({ gradX: engine().runKernel('NablaConvolutionGradX', { gradOut, weight }, attributes) }),
    byWeight: () => ({ gradWeight: engine().runKernel('NablaConvolutionGradWeight', { x, gradOut }, attributes) }),
  };
  return { run: runs[pass], kept: [x, weight, gradOut] };
}

function convolution([batch, size, inChannels, outChannels, kernel, stride], pass, device) {
  const padding = kernel >> 1;
  const outSize = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const strided = stride === 1 ? '' : `s${stride}`;
  const name = `conv/n${batch}_${size}x${size}_${inChannels}to${outChannels}_${kernel}x${kernel}${strided}/${pass}`;
  return {
    name: device === 'js' ? `js/${name}` : name,
    device,
    unit: 'GFLOP/s',
    work: 2 * batch * outSize ** 2 * outChannels * inChannels * kernel ** 2,
    spec: { family: 'conv', pass, batch, size, inChannels, outChannels, kernel, stride, padding, outSize },
    prepare,
  };
}

export const convCases = [
  ...SHAPES.flatMap((shape) => ['forward', 'byData', 'byWeight'].map((pass) => convolution(shape, pass, 'cpu'))),
  ...JS_SHAPES.flatMap((shape) => ['forward', 'byData'].map((pass) => convolution(shape, pass, 'js'))),
  convolution([1, 14, 64, 64, 3, 1], 'byWeight', 'js'), // a small one: the peer takes more than a second for it
];
