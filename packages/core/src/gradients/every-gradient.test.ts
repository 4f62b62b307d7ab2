// SPDX-License-Identifier: Apache-2.0
// Every kernel of tfjs that has a gradient, its own or ours, against finite differences on every device, and the second derivative.

import { checkGradient, checkSecondDerivative, devices, randomTensor, useDevice } from '@nabla/testing';
import * as tf from '../tf.ts';

type Case = readonly [f: (...inputs: tf.Tensor[]) => tf.Tensor, ...inputs: (readonly number[] | (() => tf.Tensor))[]];

const uniform = (shape: number[], low: number, high: number) => (): tf.Tensor =>
  randomTensor(shape, { seed: shape.length, low, high });
const integers = (values: number[], shape = [values.length]): tf.Tensor => tf.tensor(values, shape, 'int32');

const vector = (values: number[]): tf.Tensor1D => tf.tensor1d(values, 'int32');

/** A function of four axes, as images are typed. */
const onImage = (f: (x: tf.Tensor4D) => tf.Tensor) => (x: tf.Tensor) => f(tf.reshape(x, x.shape as never));

// Away from kinks: between 0 and 1, and at neither.
const unary = (f: (x: tf.Tensor) => tf.Tensor, low = 0.13, high = 0.87): Case => [f, uniform([3, 5], low, high)];

/** A function whose gradient is zero: x itself is added, so that the loss depends on it. */
const constant = (f: (x: tf.Tensor) => tf.Tensor): Case =>
  unary((x) => tf.add(x, tf.cast(f(x), 'float32')), 0.13, 0.43);

const compared = (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Case => [
  (a, b) => tf.add(tf.where(f(a, b), a, b), b),
  uniform([2, 3], 0, 1),
  uniform([3], 2, 3),
];

const bool = (x: tf.Tensor): tf.Tensor => tf.greater(x, 0.05);

const CASES: Readonly<Record<string, readonly Case[]>> = {
  Abs: [unary(tf.abs), [tf.abs, [2, 3]]],
  Acos: [unary(tf.acos)],
  Acosh: [unary(tf.acosh, 1.3, 3)],
  Add: [[tf.add, [2, 3], [3]]],
  AddN: [[(x, y) => tf.addN([x, y, x]), [2, 3], [2, 3]]],
  All: [constant((x) => tf.all(bool(x), 0))],
  Any: [constant((x) => tf.any(bool(x), 0))],
  ArgMax: [constant((x) => tf.argMax(x, 0)), constant((x) => tf.argMax(tf.cast(x, 'int32'), 0))],
  ArgMin: [constant((x) => tf.argMin(x, 0))],
  Asin: [unary(tf.asin)],
  Asinh: [unary(tf.asinh)],
  Atan: [unary(tf.atan)],
  Atan2: [[tf.atan2, [2, 3], [3]]],
  Atanh: [unary(tf.atanh)],
  AvgPool: [
    [onImage((x) => tf.avgPool(x, 2, 2, 'valid')), [1, 4, 5, 2]],
    [onImage((x) => tf.avgPool(x, [3, 2], [2, 1], 'same')), [2, 5, 4, 2]],
  ],
  AvgPool3D: [[(x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'same'), [1, 3, 5, 4, 2]]],
  BatchMatMul: [
    [(a, b) => tf.matMul(a, b), [2, 3, 4], [4, 2]],
    [(a, b) => tf.matMul(a, b, false, true), [2, 1, 3, 4], [1, 3, 2, 4]],
    [(a, b) => tf.matMul(a, b, true, false), [4, 3], [2, 4, 2]],
    [(a, b) => tf.matMul(a, b, true, true), [1, 4, 3], [3, 2, 4]],
  ],
  BatchToSpaceND: [[(x) => tf.batchToSpaceND(x, [2, 2], [[0, 0], [1, 0]]), [4, 2, 2, 3]]], // prettier-ignore
  Bincount: [[(w) => tf.bincount(vector([0, 2, 5, 2]), w as tf.Tensor1D, 4), [4]]],
  BitwiseAnd: [constant((x) => tf.bitwiseAnd(tf.cast(x, 'int32'), tf.onesLike(tf.cast(x, 'int32'))))],
  Cast: [constant((x) => tf.cast(tf.mul(x, 5), 'int32')), [(x) => tf.cast(x, 'float32'), [3]]],
  Ceil: [constant(tf.ceil)],
  ClipByValue: [[(x) => tf.clipByValue(x, -0.5, 0.5), [2, 5]]],
  Concat: [[(x, y) => tf.concat([x, y], -1), [2, 3], [2, 2]]],
  Conv2D: [
    [(x, f) => tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, 'same'), [1, 5, 4, 2], [3, 2, 2, 3]],
    [(x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 1, 'same'), [1, 5, 2], [3, 2, 2]],
  ],
  Conv2DBackpropInput: [
    [
      (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [1, 6, 4, 3], 2, 'same'),
      [1, 3, 2, 2],
      [3, 2, 3, 2],
    ],
  ],
  Conv3D: [[(x, f) => tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 1, 'same'), [1, 3, 4, 3, 2], [2, 2, 2, 2, 3]]],
  Cos: [unary(tf.cos)],
  Cosh: [unary(tf.cosh)],
  CropAndResize: (['bilinear', 'nearest'] as const).flatMap((method) =>
    [[3, 4] as const, [1, 2] as const].map((size): Case => {
      const boxes = (): tf.Tensor => tf.tensor2d([[0.11, 0.07, 0.9, 0.83], [0.77, 0.2, 0.13, 1.21], [-0.2, 0.3, 0.6, 0.62]]); // prettier-ignore
      const crop = (x: tf.Tensor, edges: tf.Tensor): tf.Tensor =>
        tf.image.cropAndResize(x as tf.Tensor4D, edges as tf.Tensor2D, vector([1, 0, 1]), [...size], method, 0.5);
      return method === 'bilinear' ? [crop, [2, 5, 4, 2], boxes] : [(x) => crop(x, boxes()), [2, 5, 4, 2]];
    }),
  ),
  Cumprod: [[(x) => tf.cumprod(x, 1, true), [2, 3, 2]]],
  Cumsum: [
    [(x) => tf.cumsum(x, 0), [3, 3]],
    [(x) => tf.cumsum(x, 1, true, true), [2, 3, 4]],
  ],
  DenseBincount: [
    [(w) => tf.denseBincount(vector([0, 2, 5, 2]), w as tf.Tensor1D, 4), [4]],
    [(w) => tf.denseBincount(integers([0, 2, 5, 1, 1, 0], [2, 3]) as tf.Tensor2D, w as tf.Tensor2D, 3), [2, 3]],
  ],
  DepthToSpace: [[onImage((x) => tf.depthToSpace(x, 2)), [1, 2, 3, 8]]],
  DepthwiseConv2dNative: [
    [(x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, 'same'), [1, 5, 4, 2], [3, 2, 2, 3]],
  ],
  Diag: [
    [(x) => tf.diag(x), [4]],
    [(x) => tf.diag(x), [2, 3]],
  ],
  Dilation2D: [[(x, f) => tf.dilation2d(x as tf.Tensor4D, f as tf.Tensor3D, 1, 'valid'), [1, 4, 4, 2], [2, 2, 2]]],
  Einsum: [[(x, y) => tf.einsum('ij,jk->ik', x, y), [2, 3], [3, 2]]],
  Elu: [[tf.elu, [3, 5]]],
  EluGrad: [[(dy, y) => tf.engine().runKernel('EluGrad', { dy, y }), [3, 5], [3, 5]]],
  Equal: [compared(tf.equal), [(a, b) => tf.divNoNan(a, b), [2, 3], uniform([2, 3], 1, 2)]],
  Erf: [[tf.erf, [3, 5]]],
  Exp: [[tf.exp, [3, 5]]],
  ExpandDims: [[(x) => tf.expandDims(x, 1), [2, 3]]],
  Expm1: [[tf.expm1, [3, 5]]],
  FlipLeftRight: [[onImage((x) => tf.image.flipLeftRight(x)), [2, 2, 3, 2]]],
  Floor: [constant(tf.floor)],
  FusedBatchNorm: [[(x, m, v, o, s) => tf.batchNorm(x, m, v, o, s), [1, 2, 2, 3], [3], uniform([3], 1, 2), [3], [3]]],
  GatherNd: [[(x) => tf.gatherND(x, integers([0, 1, 2, 0], [2, 2])), [3, 2]]],
  GatherV2: [
    [(x) => tf.gather(x, integers([1, 0, 1])), [3, 2]],
    [(x) => tf.gather(x, integers([1, 0, 1]), -1), [2, 3, 2]],
    [(x) => tf.gather(x, integers([1, 0, 1, 2], [2, 2]), -2), [2, 3, 2]],
    [(x) => tf.gather(x, integers([1, 0, 1, 2], [2, 2]), 1, 1), [2, 3, 2]],
    [(x) => tf.gather(x, integers([1, 0, 1, 1], [2, 2]), 2, 1), [2, 3, 2]],
    [(x) => tf.gather(x, integers([1, 0, 1, 2], [1, 2, 2]), 2, 2), [1, 2, 3]],
  ],
  Greater: [compared(tf.greater)],
  GreaterEqual: [compared(tf.greaterEqual)],
  Identity: [[tf.clone, [2, 3]]],
  IsFinite: [constant(tf.isFinite)],
  IsInf: [constant(tf.isInf)],
  IsNan: [constant(tf.isNaN)],
  LRN: [[onImage((x) => tf.localResponseNormalization(x, 2, 1.5, 0.3, 0.7)), [1, 2, 2, 7]]],
  LeakyRelu: [[(x) => tf.leakyRelu(x, 0.3), [3, 5]]],
  Less: [compared(tf.less)],
  LessEqual: [compared(tf.lessEqual)],
  Log: [unary(tf.log)],
  Log1p: [unary(tf.log1p)],
  LogicalNot: [constant((x) => tf.logicalNot(bool(x)))],
  LogicalOr: [constant((x) => tf.logicalOr(bool(x), bool(tf.neg(x))))],
  Max: [
    [(x) => tf.max(x), [2, 3]],
    [(x) => tf.max(x, -2, true), [2, 3, 4]],
    [(x) => tf.max(x, [0, 2]), [2, 3, 4]],
  ],
  MaxPool: [[onImage((x) => tf.maxPool(x, 3, 2, 'same')), [1, 5, 4, 2]]],
  MaxPool3D: [[(x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'same'), [1, 3, 5, 4, 2]]],
  MaxPoolWithArgmax: [false, true].map((withBatch): Case => [
    onImage((x) => tf.maxPoolWithArgmax(x, 3, 2, 'same', withBatch)['result']),
    [2, 5, 4, 2],
  ]),
  Maximum: [
    [tf.maximum, [2, 3], [3]],
    [tf.maximum, [], [4]],
  ],
  Mean: [
    [(x) => tf.mean(x, [-2, 0]), [2, 3, 4]],
    [(x) => tf.mean(x, 1, true), [2, 3, 4]],
  ],
  Min: [[(x) => tf.min(x, -2), [2, 3, 4]]],
  Minimum: [[tf.minimum, [3], [2, 3]]],
  Mod: [[tf.mod, uniform([2, 3], 2.6, 2.9), uniform([3], 1.8, 2.2)]],
  Multinomial: [[(x) => tf.add(x, tf.cast(tf.multinomial(x as tf.Tensor2D, 3, 7), 'float32')), [2, 3]]],
  Multiply: [[tf.mul, [2, 3], [3]]],
  Neg: [[tf.neg, [3]]],
  NonMaxSuppressionV3: [
    [(boxes, scores) => tf.add(tf.sum(boxes), tf.mul(scores, tf.sum(tf.image.nonMaxSuppression(boxes as tf.Tensor2D, scores as tf.Tensor1D, 2)))), () => tf.tensor2d([[0, 0, 1, 1], [2, 2, 3, 3]]), () => tf.tensor1d([0.9, 0.2])], // prettier-ignore
  ],
  NonMaxSuppressionV4: [
    [(boxes, scores) => tf.add(tf.sum(boxes), tf.mul(scores, tf.sum(tf.image.nonMaxSuppressionPadded(boxes as tf.Tensor2D, scores as tf.Tensor1D, 2)['selectedIndices']))), () => tf.tensor2d([[0, 0, 1, 1], [2, 2, 3, 3]]), () => tf.tensor1d([0.9, 0.2])], // prettier-ignore
  ],
  NotEqual: [compared(tf.notEqual)],
  OneHot: [constant((x) => tf.slice(tf.oneHot(tf.argMax(x, 1), 5), [0, 0], [3, 5]))],
  OnesLike: [constant(tf.onesLike)],
  Pack: [[(x, y) => tf.stack([x, y], -1), [2, 3], [2, 3]]],
  PadV2: [[(x) => tf.pad(x, [[0, 1], [2, 0]], 3), [2, 3]]], // prettier-ignore
  Pow: [
    [tf.pow, uniform([2, 3], 0.5, 2), [3]],
    [(x) => tf.pow(x, 3), [2, 3]],
  ],
  Prelu: [[tf.prelu, [2, 3], [3]]],
  Prod: [
    [(x) => tf.prod(x), [2, 3]],
    [(x) => tf.prod(x, -1), [2, 3]],
    [(x) => tf.prod(x, [0, 2], true), [2, 3, 2]],
    [(x) => tf.prod(x, 1), () => tf.tensor2d([[2, 0, 3], [0, 0, 1]])], // prettier-ignore
  ],
  RealDiv: [[tf.div, [2, 3], uniform([2, 1], 1, 2)]],
  Reciprocal: [unary(tf.reciprocal)],
  Relu: [[tf.relu, [3, 5]]],
  Relu6: [
    [tf.relu6, [3, 5]],
    [tf.relu6, uniform([3, 5], 6.3, 7)],
  ],
  Reshape: [[(x) => tf.reshape(x, [3, 2]), [2, 3]]],
  ResizeBilinear: [
    [true, false],
    [false, true],
    [false, false],
  ].flatMap(([corners, centers]) =>
    [[3, 5] as const, [5, 2] as const, [1, 1] as const].map((size): Case => [
      onImage((x) => tf.image.resizeBilinear(x, [...size], corners, centers)),
      [2, 2, 3, 2],
    ]),
  ),
  ResizeNearestNeighbor: [
    [true, false],
    [false, true],
    [false, false],
  ].flatMap(([corners, centers]) =>
    [[3, 5] as const, [5, 2] as const, [1, 1] as const].map((size): Case => [
      onImage((x) => tf.image.resizeNearestNeighbor(x, [...size], corners, centers)),
      [2, 2, 3, 2],
    ]),
  ),
  Reverse: [[(x) => tf.reverse(x, -1), [2, 3]]],
  RotateWithOffset: [[onImage((x) => tf.image.rotateWithOffset(x, 0.7, 0.25, [0.4, 0.6])), [2, 4, 5, 3]]],
  Round: [constant(tf.round)],
  Rsqrt: [unary(tf.rsqrt)],
  ScatterNd: [[(x) => tf.scatterND(integers([1, 3, 1], [3, 1]), x, [5, 2]), [3, 2]]],
  SearchSorted: [constant((x) => tf.slice(tf.searchSorted(x, x), [0, 0], [3, 5]))],
  Select: [[(a, b) => tf.where(tf.tensor([1, 0, 1], [3], 'bool'), a, b), [2, 3], [3]]],
  Selu: [[tf.selu, [3, 5]]],
  Sigmoid: [[tf.sigmoid, [3, 5]]],
  Sign: [constant(tf.sign)],
  Sin: [[tf.sin, [3, 5]]],
  Sinh: [[tf.sinh, [3, 5]]],
  Slice: [[(x) => tf.slice(x, [0, 1], [-1, 1]), [2, 3]]],
  Softmax: [[(x) => tf.softmax(x), [2, 3]]],
  Softplus: [[tf.softplus, [3, 5]]],
  SpaceToBatchND: [[(x) => tf.spaceToBatchND(x, [2, 2], [[0, 0], [1, 1]]), [1, 2, 2, 3]]], // prettier-ignore
  SparseSegmentMean: [[(x) => tf.sparse.sparseSegmentMean(x, vector([2, 0, 2, 1]), vector([0, 0, 2, 2])), [4, 3]]],
  SparseSegmentSum: [[(x) => tf.sparse.sparseSegmentSum(x, vector([2, 0, 2, 1]), vector([0, 0, 2, 2])), [4, 3]]],
  SparseToDense: [
    [(x, rest) => tf.sparseToDense(integers([0, 1, 2, 0], [2, 2]), x, [3, 2], rest as tf.Scalar), [2], []],
    [(x, rest) => tf.sparseToDense(integers([3, 1]), x, [5], rest as tf.Scalar), [], []],
  ],
  SplitV: [
    [(x) => tf.split(x, [1, 2], 1)[1], [2, 3]],
    [(x) => tf.split(x, 1, 1)[0], [2, 3]],
  ],
  Sqrt: [unary(tf.sqrt)],
  Square: [[tf.square, [3, 5]]],
  SquaredDifference: [[tf.squaredDifference, [2, 3], [3]]],
  Step: [constant((x) => tf.step(x))],
  StridedSlice: [[(x) => tf.stridedSlice(x, [4, 3], [0, 0], [-2, -1]), [5, 4]]],
  Sub: [[tf.sub, [2, 3], [3]]],
  Sum: [
    [(x) => tf.sum(x, -2), [2, 3, 4]],
    [(x) => tf.sum(x, [0, 2], true), [2, 3, 4]],
  ],
  Tan: [unary(tf.tan)],
  Tanh: [[tf.tanh, [3, 5]]],
  TensorScatterUpdate: [[(x, y) => tf.tensorScatterUpdate(x, integers([1, 3], [2, 1]), y), [5, 2], [2, 2]]],
  Tile: [
    [(x) => tf.tile(x, [2, 1, 3]), [2, 3, 1]],
    [(x) => tf.tile(x, [1, 2, 1, 2, 2]), [1, 2, 1, 1, 2]],
    [(x) => tf.broadcastTo(x, [2, 3, 4]), [3, 1]],
  ],
  TopK: [[(x) => tf.topk(x, 2).values, [2, 5]]],
  Transpose: [[(x) => tf.transpose(x, [2, 0, 1]), [2, 3, 4]]],
  Unpack: [
    [(x) => tf.unstack(x, 1)[1], [2, 3]],
    [(x) => tf.unstack(x, 0)[0], [1, 3]],
  ],
  UnsortedSegmentSum: [[(x) => tf.unsortedSegmentSum(x, vector([1, 0, 1]), 3), [3, 2]]],
  ZerosLike: [constant(tf.zerosLike)],
};

// Gradients that no case above can show, by reason.
const NOT_SHOWN: Readonly<Record<string, readonly string[]>> = {
  'is no kernel of ours: the op is composed of others': ['BroadcastTo', 'LogSoftmax'],
  'has a complex input, of which the engine takes no gradient': ['ComplexAbs'],
  'is wrong in tfjs, whose own tests ask for it: mirrorPad and floorDiv of ours have others': ['FloorDiv', 'MirrorPad'],
};

// Ops without a second derivative, by reason.
const NO_SECOND: Readonly<Record<string, readonly string[]>> = {
  'is not public: ours of images and volumes have one': ['AvgPool', 'AvgPool3D', 'Conv2D', 'Conv2DBackpropInput', 'Conv3D', 'DepthwiseConv2dNative', 'MaxPool', 'MaxPool3D'], // prettier-ignore
  'is not public, and no layer is made of it': ['Dilation2D', 'LRN'],
};

const rows = Object.entries(CASES).flatMap(([kernelName, cases]) =>
  cases.map((row, i) => [kernelName, i, row] as const),
);

describe.each(devices())('the gradient, on %s, of', (device) => {
  useDevice(device);

  it.each(rows)('%s, case %i', (_, i, [f, ...inputs]) => {
    checkGradient(
      f,
      inputs.map((input) => (typeof input === 'function' ? input() : input)),
      { seed: 3 + i },
    );
  });
});

const twice = rows.filter(([kernelName]) => !Object.values(NO_SECOND).flat().includes(kernelName));

describe.each(devices())('the second derivative, on %s, of', (device) => {
  useDevice(device);

  it.each(twice)('%s, case %i', (_, i, [f, ...inputs]) => {
    checkSecondDerivative(
      f,
      inputs.map((input) => (typeof input === 'function' ? input() : input)),
      { seed: 3 + i },
    );
  });
});

describe('the table shows what it says', () => {
  useDevice('js');

  it.each(rows)('%s runs in case %i', async (kernelName, i, [f, ...inputs]) => {
    const { kernelNames } = await tf.profile(() =>
      f(...inputs.map((input) => (typeof input === 'function' ? input() : randomTensor(input, { seed: i })))),
    );
    expect(kernelNames).toContain(kernelName);
  });

  it.each(rows.filter((row) => !twice.includes(row)))(
    '%s has no second derivative in case %i',
    (_, i, [f, ...inputs]) => {
      const given = inputs.map((input) => (typeof input === 'function' ? input() : input));
      expect(() => checkSecondDerivative(f, given, { seed: i })).toThrowCode('NO_GRADIENT', /second order/);
    },
  );

  it('leaves no gradient out', () => {
    const registered = tf.getKernelsForBackend(tf.getBackend()).map(({ kernelName }) => kernelName);
    const notShown = Object.values(NOT_SHOWN).flat();
    const known = [...registered, ...notShown].filter(
      (name) => tf.getGradient(name) !== undefined && !name.startsWith('Nabla'),
    );
    expect([...Object.keys(CASES), ...notShown].sort()).toEqual([...new Set(known)].sort());
  });
});
