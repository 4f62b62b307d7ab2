// SPDX-License-Identifier: Apache-2.0
// tfjs' functions of two elements on device cpu: a table, one row per kernel. See native/src/cpu/binary-inl.h for the
// functions.

import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeDataType } from '../native-backend.ts';
import { type BinaryName, resultShape, runBroadcast } from './broadcast.ts';

/** The native kernel for each dtype of the operands that has one; the others run the definition. */
type Natives = Readonly<Partial<Record<string, BinaryName>>>;

interface BinaryOptions {
  /** Of the result, where it is not that of the operands. */
  readonly resultType?: NativeDataType;
  /** What tfjs calls the operands. */
  readonly inputs?: readonly [string, string];
}

function binary(
  kernelName: string,
  natives: Natives,
  { resultType, inputs = ['a', 'b'] }: BinaryOptions = {},
): KernelConfig {
  const [left, right] = inputs;
  return nativeKernel<Readonly<Record<string, TensorInfo>>, object>(kernelName, {
    accepts: ({ [left]: a, [right]: b }) => a.dtype === b.dtype && natives[a.dtype] !== undefined,
    run: ({ [left]: a, [right]: b }, _, backend) => {
      const shape = resultShape(kernelName, a.shape, b.shape);
      const out = backend.allocate(shape, resultType ?? (a.dtype as NativeDataType));
      runBroadcast(backend, natives[a.dtype] as BinaryName, a, b, out);
      return out;
    },
  });
}

const comparison = (kernelName: string, natives: Natives): KernelConfig =>
  binary(kernelName, natives, { resultType: 'bool' });

export const binaryKernels: readonly KernelConfig[] = [
  binary('Add', { float32: 'add_f32', int32: 'add_i32' }),
  binary('Sub', { float32: 'sub_f32', int32: 'sub_i32' }),
  binary('Multiply', { float32: 'mul_f32', int32: 'mul_i32' }),
  binary('RealDiv', { float32: 'div_f32' }),
  binary('FloorDiv', { float32: 'floor_div_f32', int32: 'floor_div_i32' }, { resultType: 'int32' }),
  binary('Mod', { float32: 'mod_f32', int32: 'mod_i32' }),
  binary('Pow', { float32: 'pow_f32' }),
  binary('Atan2', { float32: 'atan2_f32' }),
  binary('Maximum', { float32: 'maximum_f32', int32: 'maximum_i32' }),
  binary('Minimum', { float32: 'minimum_f32', int32: 'minimum_i32' }),
  binary('SquaredDifference', { float32: 'squared_difference_f32', int32: 'squared_difference_i32' }),
  binary('Prelu', { float32: 'prelu_f32' }, { inputs: ['x', 'alpha'] }),
  binary('EluGrad', { float32: 'elu_grad_f32' }, { inputs: ['dy', 'y'] }),
  comparison('Equal', { float32: 'equal_f32', int32: 'equal_i32' }),
  comparison('NotEqual', { float32: 'not_equal_f32', int32: 'not_equal_i32' }),
  comparison('Less', { float32: 'less_f32', int32: 'less_i32' }),
  comparison('LessEqual', { float32: 'less_equal_f32', int32: 'less_equal_i32' }),
  comparison('Greater', { float32: 'greater_f32', int32: 'greater_i32' }),
  comparison('GreaterEqual', { float32: 'greater_equal_f32', int32: 'greater_equal_i32' }),
  binary('LogicalAnd', { bool: 'logical_and_bool' }),
  binary('LogicalOr', { bool: 'logical_or_bool' }),
];
