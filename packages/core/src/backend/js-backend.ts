// SPDX-License-Identifier: Apache-2.0
// Device js: tensors in JavaScript arrays. Its kernels are those of tfjs-backend-cpu, and for our ops the definitions in
// definitions/. They also serve device cpu wherever it has no native kernel.

import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';

import {
  type DataType,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
  type TypedArray,
  getKernel,
  getKernelsForBackend,
  registerKernel,
} from '../tf.ts';

export const JS_BACKEND = 'nabla-js';

export class JsBackend extends MathBackendCPU {
  constructor() {
    super();
    (this as object as { firstUse: boolean }).firstUse = false; // else the first write prints an advertisement
  }

  /** The values of a tensor, not a copy: a definition reads them and never writes. */
  values(tensor: TensorInfo): TypedArray {
    return this.data.get(tensor.dataId).values as TypedArray;
  }

  /** The values of a float32 tensor; tfjs-backend-cpu leaves other arrays behind one that was cast to float32. */
  floats(tensor: TensorInfo): Float32Array {
    const values = this.values(tensor);
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }

  /** Gives a tensor new values in place of the old ones; an array that was handed out before stays as it is. */
  replace(tensor: TensorInfo, values: TypedArray): void {
    this.data.get(tensor.dataId).values = values;
  }

  /** A new tensor around an array, which it takes over. */
  make(shape: readonly number[], dtype: DataType, values: TypedArray): TensorInfo {
    return this.makeTensorInfo([...shape], dtype, values);
  }
}

/** Runs tfjs-backend-cpu's kernel, for what our definition of the same name leaves to it. */
export function borrowed(
  kernelName: string,
  inputs: object,
  attributes: object,
  backend: JsBackend,
): TensorInfo | TensorInfo[] {
  const { kernelFunc } = getKernel(kernelName, 'cpu');
  return kernelFunc({ inputs: inputs as NamedTensorInfoMap, attrs: attributes as NamedAttrMap, backend });
}

/** Gives nabla-js every kernel that tfjs-backend-cpu has and we have no definition of. */
export function registerBorrowedKernels(defined: ReadonlySet<string>): void {
  for (const kernel of getKernelsForBackend('cpu')) {
    if (!defined.has(kernel.kernelName)) registerKernel({ ...kernel, backendName: JS_BACKEND });
  }
}
