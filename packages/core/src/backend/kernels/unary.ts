// SPDX-License-Identifier: Apache-2.0
// tfjs' functions of one element on device cpu: a table, one row per kernel. See native/src/cpu/unary-inl.h for the functions.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeDataType } from '../native-backend.ts';
import type { NativeCalls } from '../native-kernels.ts';

/** The native kernels that take no more than the number of elements. */
export type UnaryName = {
  [Name in keyof NativeCalls]: keyof NativeCalls[Name] extends 'in' | 'out' | 'count' ? Name : never;
}[keyof NativeCalls];

/** The native kernel for each dtype of the input that has one; the others run the definition. */
type Natives = Readonly<Partial<Record<string, UnaryName>>>;

/** The result has the dtype of the input unless `resultType` says otherwise. */
function unary(kernelName: string, natives: Natives, resultType?: NativeDataType): KernelConfig {
  return nativeKernel<{ x: TensorInfo }, object>(kernelName, {
    accepts: ({ x }) => natives[x.dtype] !== undefined,
    run: ({ x }, _, backend) => {
      const out = backend.allocate(x.shape, resultType ?? (x.dtype as NativeDataType));
      const call = { in: backend.buffer(x), out: backend.buffer(out), count: sizeOf(x.shape) };
      backend.kernels[natives[x.dtype] as UnaryName](call);
      return out;
    },
  });
}

type AlphaName = 'leaky_relu_f32' | 'step_f32';

function unaryWithAlpha(kernelName: string, name: AlphaName): KernelConfig {
  return nativeKernel<{ x: TensorInfo }, { alpha: number }>(kernelName, {
    accepts: ({ x }) => x.dtype === 'float32',
    run: ({ x }, { alpha }, backend) => {
      const out = backend.allocate(x.shape, 'float32');
      backend.kernels[name]({ in: backend.buffer(x), out: backend.buffer(out), count: sizeOf(x.shape), alpha });
      return out;
    },
  });
}

const clipByValue = nativeKernel<{ x: TensorInfo }, { clipValueMin: number; clipValueMax: number }>('ClipByValue', {
  accepts: ({ x }) => x.dtype === 'float32',
  run: ({ x }, { clipValueMin: minimum, clipValueMax: maximum }, backend) => {
    const out = backend.allocate(x.shape, 'float32');
    const call = { in: backend.buffer(x), out: backend.buffer(out), count: sizeOf(x.shape), minimum, maximum };
    backend.kernels.clip_f32(call);
    return out;
  },
});

export const unaryKernels: readonly KernelConfig[] = [
  unary('Abs', { float32: 'abs_f32', int32: 'abs_i32' }),
  unary('Neg', { float32: 'neg_f32', int32: 'neg_i32' }),
  unary('Sign', { float32: 'sign_f32', int32: 'sign_i32' }),
  unary('Square', { float32: 'square_f32', int32: 'square_i32' }),
  unary('Sqrt', { float32: 'sqrt_f32' }),
  unary('Rsqrt', { float32: 'rsqrt_f32' }),
  unary('Reciprocal', { float32: 'reciprocal_f32' }),
  unary('Ceil', { float32: 'ceil_f32' }),
  unary('Floor', { float32: 'floor_f32' }),
  unary('Round', { float32: 'round_f32' }),
  unary('Relu', { float32: 'relu_f32', int32: 'relu_i32' }),
  unary('Relu6', { float32: 'relu6_f32', int32: 'relu6_i32' }),
  unaryWithAlpha('LeakyRelu', 'leaky_relu_f32'),
  unaryWithAlpha('Step', 'step_f32'),
  clipByValue,
  unary('IsFinite', { float32: 'is_finite_f32' }, 'bool'),
  unary('IsInf', { float32: 'is_inf_f32' }, 'bool'),
  unary('IsNan', { float32: 'is_nan_f32' }, 'bool'),
  unary('LogicalNot', { bool: 'logical_not_bool' }),
  unary('Exp', { float32: 'exp_f32' }),
  unary('Expm1', { float32: 'expm1_f32' }),
  unary('Log', { float32: 'log_f32' }),
  unary('Log1p', { float32: 'log1p_f32' }),
  unary('Sigmoid', { float32: 'sigmoid_f32' }),
  unary('Softplus', { float32: 'softplus_f32' }),
  unary('Elu', { float32: 'elu_f32' }),
  unary('Selu', { float32: 'selu_f32' }),
  unary('Tanh', { float32: 'tanh_f32' }),
  unary('Erf', { float32: 'erf_f32' }),
  unary('Sin', { float32: 'sin_f32' }),
  unary('Cos', { float32: 'cos_f32' }),
  unary('Tan', { float32: 'tan_f32' }),
  unary('Sinh', { float32: 'sinh_f32' }),
  unary('Cosh', { float32: 'cosh_f32' }),
  unary('Asin', { float32: 'asin_f32' }),
  unary('Acos', { float32: 'acos_f32' }),
  unary('Atan', { float32: 'atan_f32' }),
  unary('Asinh', { float32: 'asinh_f32' }),
  unary('Acosh', { float32: 'acosh_f32' }),
  unary('Atanh', { float32: 'atanh_f32' }),
];
