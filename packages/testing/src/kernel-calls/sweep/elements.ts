// SPDX-License-Identifier: Apache-2.0
// How the kernels of elements, reductions and data movement are tried.

import { type Tolerance, tolerance } from '../../tolerances.ts';
import { FEW, MANY, type RunTensor } from './draw.ts';
import type { KernelRun, KernelSweep, SweepRows } from './sweep.ts';

type DType = RunTensor['dtype'];

const exact = (): Tolerance => tolerance('exact');
const rounded = (): Tolerance => tolerance('elementwise');
const transcendental = (): Tolerance => tolerance('transcendental');

const TFJS_NAMES: Readonly<Record<string, string>> = { Mul: 'Multiply', Div: 'RealDiv', Clip: 'ClipByValue' };
const DTYPES: Readonly<Record<string, DType>> = { f32: 'float32', i32: 'int32', bool: 'bool' };

/** `squared_difference_f32` → `SquaredDifference`, `reduce_sum_f32` → `Sum`: what tfjs calls a native kernel. */
function tfjsName(kernel: string): string {
  const words = kernel.split('_').slice(0, -1);
  const name = words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
  return TFJS_NAMES[name] ?? name.replace(/^Reduce/, '');
}

/** The element type in a kernel's name. */
function dtypeOf(kernel: string): DType {
  return DTYPES[kernel.slice(kernel.lastIndexOf('_') + 1)];
}

const ATTRIBUTES: Readonly<Record<string, object>> = {
  step_f32: { alpha: 0.25 },
  leaky_relu_f32: { alpha: 0.3 },
  clip_f32: { clipValueMin: -0.5, clipValueMax: 1 },
};
/** Functions that are exact. */
const EXACT = /^(abs|neg|sign|square|sqrt|reciprocal|ceil|floor|round|relu|relu6|step|clip|is_\w+|logical_not)_/;

const unary = (kernel: string): KernelSweep => ({
  kinds: FEW,
  tolerance: EXACT.test(kernel) ? exact : transcendental,
  runs: (n, draw) => [
    { kernelName: tfjsName(kernel), inputs: { x: draw.of(dtypeOf(kernel), [n]) }, attributes: ATTRIBUTES[kernel] },
  ],
});

const OPERANDS: Readonly<Record<string, readonly [string, string]>> = { Prelu: ['x', 'alpha'], EluGrad: ['dy', 'y'] };
const ROUNDED = /^(squared_difference|mod|pow|atan2|elu_grad)_f32$/;

/** Operands alike, one of them repeated along an axis, and one that is a single number. */
const binary = (kernel: string): KernelSweep => ({
  kinds: FEW,
  tolerance: ROUNDED.test(kernel) ? transcendental : exact,
  runs: (n, draw) => {
    const [left, right] = OPERANDS[tfjsName(kernel)] ?? ['a', 'b'];
    const shapes = [
      [[n], [n]],
      [[3, n], [n]],
      [[n], []],
      [
        [n, 1],
        [1, 5],
      ],
    ];
    // the definition of EluGrad repeats no operand
    return shapes.slice(0, kernel === 'elu_grad_f32' ? 1 : undefined).map(([a, b]) => ({
      kernelName: tfjsName(kernel),
      inputs: { [left]: draw.of(dtypeOf(kernel), a), [right]: draw.of(dtypeOf(kernel), b) },
    }));
  },
});

/** One condition for each element: for one that is true of a whole row, tfjs' definition takes the wrong rows. */
const select = (kernel: string): KernelSweep => ({
  kinds: FEW,
  tolerance: exact,
  runs: (n, draw) =>
    [[n], [3, n]].map((shape) => ({
      kernelName: 'Select',
      inputs: { condition: draw.bools(shape), t: draw.of(dtypeOf(kernel), shape), e: draw.of(dtypeOf(kernel), shape) },
    })),
});

/** Along the last axis, one in the middle, and the first. */
const alongAxes = (n: number): { shape: number[]; axis: number }[] => [
  { shape: [3, n], axis: 1 },
  { shape: [2, 5, n], axis: 1 },
  { shape: [2, n, 3], axis: 1 },
  { shape: [n, 3], axis: 0 },
];

const reduce = (kernel: string): KernelSweep => ({
  kinds: dtypeOf(kernel) === 'float32' ? [...MANY, ...(/max|min/.test(kernel) ? FEW.slice(1) : [])] : FEW,
  tolerance: (n) => {
    if (!/(sum|mean|prod)_f32$/.test(kernel)) return exact();
    return tolerance(kernel.startsWith('reduce_prod') ? 'reduce' : 'matmul', n);
  },
  runs: (n, draw) =>
    alongAxes(n).map(({ shape, axis }) => {
      const factors = kernel === 'reduce_prod_f32' ? draw.floats(shape, 0.5, 1.5) : draw.of(dtypeOf(kernel), shape);
      const attributes = /^arg/.test(kernel) ? { axis } : { axis: [axis], reductionIndices: [axis] };
      return { kernelName: tfjsName(kernel), inputs: { x: factors }, attributes };
    }),
});

const cumsum = (kernel: string): KernelSweep => ({
  kinds: dtypeOf(kernel) === 'float32' ? MANY : FEW,
  tolerance: (n) => (kernel === 'cumsum_f32' ? tolerance('matmul', n) : exact()),
  runs: (n, draw) =>
    [0, 1, 2, 3].map((flags) => ({
      kernelName: 'Cumsum',
      inputs: { x: draw.of(dtypeOf(kernel), [3, n]) },
      attributes: { axis: 1, exclusive: flags % 2 === 1, reverse: flags > 1 },
    })),
});

const addN = (kernel: string): KernelSweep => ({
  kinds: dtypeOf(kernel) === 'float32' ? MANY : FEW,
  tolerance: rounded,
  runs: (n, draw) =>
    [1, 2, 3, 9].map((count) => ({
      kernelName: 'AddN',
      inputs: Array.from({ length: count }, () => draw.of(dtypeOf(kernel), [n])),
    })),
});

const copy = (dtype: DType, others: DType = dtype): KernelSweep => ({
  kinds: FEW,
  tolerance: exact,
  runs: (n, draw) => {
    const x = draw.of(n % 2 === 0 ? dtype : others, [3, n, 2]);
    const run = (kernelName: string, attributes: object): KernelRun => ({ kernelName, inputs: { x }, attributes });
    return [
      run('Transpose', { perm: [2, 0, 1] }),
      run('Transpose', { perm: [0, 2, 1] }),
      run('Transpose', { perm: [1, 0, 2] }),
      run('Reverse', { dims: [1] }),
      run('Reverse', { dims: [2, 0] }),
      run('Tile', { reps: [2, 1, 3] }),
      run('Slice', { begin: [1, 0, 1], size: [2, n, 1] }),
      run('PadV2', { paddings: [[0, 1], [2, 0], [0, 0]], constantValue: 1 }), // prettier-ignore
      { kernelName: 'Concat', inputs: [x, x, draw.of(x.dtype, [3, 2, 2])], attributes: { axis: 1 } },
    ];
  },
});

/** Every second place, then round again: no two are the same. */
const places = (n: number): RunTensor => {
  const values = Int32Array.from({ length: n }, (_, i) => (2 * i + 1) % (2 * n + 1));
  return { shape: [n], dtype: 'int32', values, origin: 'places' };
};

const indexCopy = (): KernelSweep => ({
  kinds: FEW,
  tolerance: exact,
  neverAliased: 'the target is written, which may be no other input',
  runs: (n, draw) =>
    [0, 1, 2].map((axis) => {
      const dtype = n % 2 === 0 ? 'float32' : 'int32';
      const shape = [2, 3, 4].with(axis, n);
      const target = draw.of(dtype, shape.with(axis, 2 * n + 1));
      return {
        kernelName: 'NablaIndexCopyInto',
        inputs: { target, source: draw.of(dtype, shape), positions: places(n) },
        attributes: { axis },
      };
    }),
});

const gather = (dtype: DType, others: DType = dtype): KernelSweep => ({
  kinds: FEW,
  tolerance: exact,
  runs: (n, draw) => {
    const run = (shape: number[], indices: RunTensor, axis: number, batchDims: number): KernelRun => ({
      kernelName: 'GatherV2',
      inputs: { x: draw.of(n % 2 === 0 ? dtype : others, shape), indices },
      attributes: { axis, batchDims },
    });
    return [
      run([4, n], draw.indices([3], 4), 0, 0),
      run([3, 4, 2], draw.indices([n], 4), 1, 0),
      run([2, 5, n], draw.indices([2, 3], 5), 1, 1),
    ];
  },
});

const oneHot = (dtypes: readonly DType[]): KernelSweep => ({
  kinds: ['ordinary'],
  tolerance: exact,
  runs: (n, draw) =>
    dtypes.flatMap((dtype) => [
      {
        kernelName: 'OneHot',
        inputs: { indices: draw.indices([n], 6, -1) },
        attributes: { depth: 5, onValue: 1, offValue: 0, dtype },
      },
      {
        kernelName: 'OneHot',
        inputs: { indices: draw.indices([3], n + 2, -1) },
        attributes: { depth: n, onValue: 1, offValue: 0, dtype },
      },
    ]),
});

const fill = (kernel: string): KernelSweep => ({
  kinds: ['ordinary'],
  tolerance: exact,
  runs: (n) =>
    (kernel === 'fill_f32'
      ? [0, -0, 1.5, NaN, -Infinity, 1e-40]
      : kernel === 'fill_i32'
        ? [7, -(2 ** 31)]
        : [0, 1]
    ).map((value) => ({ kernelName: 'Fill', inputs: {}, attributes: { shape: [n], value, dtype: dtypeOf(kernel) } })),
});

const random = (kernelName: string, range: object): KernelSweep => ({
  kinds: ['ordinary'],
  tolerance: transcendental,
  runs: (n) =>
    [0, 2 ** 32 - 2].map((offset) => ({
      kernelName,
      inputs: {},
      attributes: { shape: [n], seed: 2 ** 40 + n, offset, ...range },
    })),
});

const activation: KernelSweep = {
  kinds: FEW,
  tolerance: transcendental,
  runs: (n, draw) =>
    ['gelu', 'geluTanh'].map((name) => ({
      kernelName: 'NablaGelu',
      inputs: { x: draw.floats([n]) },
      attributes: { activation: name },
    })),
};

/** Where outputs are saved, they are those of the function. */
const SAVED: readonly (readonly [activation: string, outputs?: readonly [number, number]])[] = [
  ['relu'],
  ['sigmoid', [0, 1]],
  ['tanh', [-1, 1]],
  ['gelu'],
  ['geluTanh'],
  ['silu'],
];

const activationGrad: KernelSweep = {
  kinds: FEW,
  tolerance: transcendental,
  // Not both special at once: a slope that is no float32 any more may still count where it meets an infinity.
  runs: (n, draw) =>
    SAVED.flatMap(([activation, outputs]) =>
      [
        { gradOut: draw.floats([n]), saved: draw.regular([n], 0.1, 0.9) },
        { gradOut: draw.regular([n]), saved: outputs ? draw.regular([n], ...outputs) : draw.floats([n]) },
      ].map((inputs) => ({ kernelName: 'NablaActivationGrad', inputs, attributes: { activation } })),
    ),
};

export const elementSweeps: SweepRows = [
  [/^activation_f32$/, () => activation],
  [/^activation_grad_f32$/, () => activationGrad],
  [
    /^dropout_f32$/,
    () => ({
      kinds: FEW,
      tolerance: rounded,
      runs: (n, draw) =>
        [0, 0.4, 1].map((probability) => ({
          kernelName: 'NablaDropout',
          inputs: { x: draw.floats([n]) },
          attributes: { probability, seed: 3, offset: n },
        })),
    }),
  ],
  [
    /^cast_(f32|i32|bool)_(f32|i32|bool)$/,
    (kernel) => {
      const [, from, to] = kernel.split('_').map((word) => DTYPES[word]);
      return {
        kinds: FEW,
        tolerance: exact,
        runs: (n, draw) => [{ kernelName: 'Cast', inputs: { x: draw.of(from, [n]) }, attributes: { dtype: to } }],
      };
    },
  ],
  [/^select_(f32|i32|bool)$/, select],
  [/^add_n_(f32|i32)$/, addN],
  [/^fill_(f32|i32|bool)$/, fill],
  [/^random_uniform_f32$/, () => random('NablaRandomUniform', { low: -3, high: 5 })],
  [/^random_normal_f32$/, () => random('NablaRandomNormal', { mean: 1, standardDeviation: 2 })],
  [/^reduce_\w+_(f32|i32|bool)$|^arg_(max|min)_f32$/, reduce],
  [/^cumsum_(f32|i32)$/, cumsum],
  [/^copy_b32$/, () => copy('float32', 'int32')],
  [/^copy_b8$/, () => copy('bool')],
  [/^index_copy_b32$/, indexCopy],
  [/^gather_b32$/, () => gather('float32', 'int32')],
  [/^gather_b8$/, () => gather('bool')],
  [/^one_hot_b32$/, () => oneHot(['float32', 'int32'])],
  [/^one_hot_b8$/, () => oneHot(['bool'])],
  [
    /^segment_sum_f32$/,
    () => ({
      kinds: MANY,
      tolerance: (n) => tolerance('matmul', n),
      runs: (n, draw) => [
        {
          kernelName: 'UnsortedSegmentSum',
          inputs: { x: draw.floats([n, 3]), segmentIds: draw.indices([n], 5, -1) },
          attributes: { numSegments: 4 },
        },
        {
          kernelName: 'UnsortedSegmentSum',
          inputs: { x: draw.floats([6, n]), segmentIds: draw.indices([6], 3) },
          attributes: { numSegments: 3 },
        },
      ],
    }),
  ],
];

/** The families of which a kernel without a row is a member, by the names of its arguments. */
export const sweepFamilies: Readonly<Record<string, (kernel: string) => KernelSweep>> = {
  'in out count': unary,
  'in out count alpha': unary,
  'in out count minimum maximum': unary,
  'a b out shape a_strides b_strides': binary,
};
