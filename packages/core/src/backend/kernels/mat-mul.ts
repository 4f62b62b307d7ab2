// SPDX-License-Identifier: Apache-2.0
// Matrix products on device cpu: tfjs' BatchMatMul and _FusedMatMul, and the linear map.

import { sizeOf } from '../../shape.ts';
import type { KernelConfig, TensorInfo } from '../../tf.ts';
import { ACTIVATIONS, type Activation } from '../definitions/activation.ts';
import { type LinearAttributes, type LinearInputs, givesInput, linearSizes } from '../definitions/linear.ts';
import { type MatMulAttributes, type MatMulInputs, matMulSizes } from '../definitions/mat-mul.ts';
import { NO_BUFFER } from '../addon.ts';
import { nativeKernel } from '../kernel.ts';
import type { NativeBackend } from '../native-backend.ts';
import { type TfjsActivation, activate, canActivate, fusedActivation } from './tfjs-activation.ts';

/** What follows the product. */
interface Epilogue {
  readonly bias?: TensorInfo | null | undefined; // [n]
  readonly activation?: Activation;
  /** Receives what goes into the activation. */
  readonly pre?: TensorInfo;
}

/** `out = activation(a b + bias)`. */
function multiply(
  inputs: MatMulInputs,
  attributes: MatMulAttributes,
  backend: NativeBackend,
  epilogue: Epilogue = {},
): TensorInfo {
  const { m, n, k, batch } = matMulSizes(inputs, attributes);
  const { bias, activation = 'none', pre } = epilogue;
  const out = backend.allocate([...batch, m, n], 'float32');
  const matrices = (tensor: TensorInfo): number => sizeOf(tensor.shape.slice(0, -2));
  backend.kernels.matmul_f32({
    a: backend.buffer(inputs.a),
    b: backend.buffer(inputs.b),
    bias: bias == null ? NO_BUFFER : backend.buffer(bias),
    c: backend.buffer(out),
    pre: pre === undefined ? NO_BUFFER : backend.buffer(pre),
    batch: sizeOf(batch),
    m,
    n,
    k,
    transpose_a: attributes.transposeA ? 1 : 0,
    transpose_b: attributes.transposeB ? 1 : 0,
    row_a: attributes.transposeA ? m : k,
    row_b: attributes.transposeB ? k : n,
    row_c: n,
    batch_a: matrices(inputs.a) === 1 ? 0 : m * k,
    batch_b: matrices(inputs.b) === 1 ? 0 : k * n,
    batch_c: m * n,
    activation: ACTIVATIONS.indexOf(activation),
    has_bias: bias == null ? 0 : 1,
    has_pre: pre === undefined ? 0 : 1,
  });
  return out;
}

/** Both float32, and each operand has one matrix or as many as there are products. */
function isUniform({ a, b }: MatMulInputs): boolean {
  const [countA, countB] = [a, b].map(({ shape }) => sizeOf(shape.slice(0, -2)));
  return a.dtype === 'float32' && b.dtype === 'float32' && (countA === countB || countA === 1 || countB === 1);
}

const batchMatMul = nativeKernel<MatMulInputs, MatMulAttributes>('BatchMatMul', {
  accepts: isUniform,
  run: multiply,
});

interface FusedInputs extends MatMulInputs {
  readonly bias?: TensorInfo | null;
  readonly preluActivationWeights?: TensorInfo | null;
}

const fusedMatMul = nativeKernel<FusedInputs, MatMulAttributes & TfjsActivation>('_FusedMatMul', {
  accepts: (inputs, attributes) => {
    const { bias, preluActivationWeights } = inputs;
    if (!isUniform(inputs)) return false;
    const { n } = matMulSizes(inputs, attributes);
    if (!canActivate(attributes, preluActivationWeights, n)) return false;
    return bias == null || (bias.dtype === 'float32' && sizeOf(bias.shape) === n);
  },
  run: ({ a, b, bias, preluActivationWeights }, attributes, backend) => {
    const out = multiply({ a, b }, attributes, backend, { bias, activation: fusedActivation(attributes) });
    activate(backend, out, attributes, preluActivationWeights);
    return out;
  },
});

const linear = nativeKernel<LinearInputs, LinearAttributes>('NablaLinear', {
  run: ({ x, weight, bias }, attributes, backend) => {
    const { activation, inputsFirst = false } = attributes;
    const [inputs, outputs] = linearSizes(weight, attributes);
    const batch = x.shape.slice(0, -1);
    const shape = [...batch, outputs];
    const pre = givesInput(attributes) ? backend.allocate(shape, 'float32') : undefined;
    const epilogue = { bias, activation, ...(pre && { pre }) };
    const a = { dataId: x.dataId, shape: [sizeOf(batch), inputs], dtype: x.dtype };
    const out = multiply({ a, b: weight }, { transposeA: false, transposeB: !inputsFirst }, backend, epilogue);
    out.shape = shape;
    return pre === undefined ? [out] : [out, pre];
  },
});

export const matMulKernels: readonly KernelConfig[] = [batchMatMul, fusedMatMul, linear];
