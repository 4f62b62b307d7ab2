// SPDX-License-Identifier: Apache-2.0
// Device cpu: the tfjs backend whose tensors live in the addon. It stores, counts references and reads; kernels compute.

import { DeviceError, NativeError } from '../errors.ts';
import {
  type BackendTimingInfo,
  type DataId,
  type DataType,
  KernelBackend,
  type TensorInfo,
  type TypedArray,
  backend_util,
  engine,
  util,
} from '../tf.ts';
import type { Handle, NativeAddon } from './addon.ts';
import { type NativeKernels, bindKernels, guardNative } from './run-kernel.ts';

type Values = backend_util.BackendValues;

/** The dtypes whose elements live in native memory. */
export type NativeDataType = 'float32' | 'int32' | 'bool';

/** What a data id of this backend stands for: native memory, or strings on the host, or two real tensors. */
interface Storage {
  readonly dtype: DataType;
  readonly sequence: number; // counts allocations, so that a failed kernel's leftovers can be told
  refCount: number;
  readonly handle?: Handle;
  readonly elements?: number;
  readonly strings?: Uint8Array[];
  readonly complex?: { readonly real: TensorInfo; readonly imag: TensorInfo };
}

const ELEMENT_BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1 };
const ARRAY_NAMES: Readonly<Record<string, string>> = {
  float32: 'Float32Array',
  int32: 'Int32Array',
  bool: 'Uint8Array',
};

function emptyArray(dtype: DataType, elements: number): TypedArray {
  if (dtype === 'float32') return new Float32Array(elements);
  return dtype === 'int32' ? new Int32Array(elements) : new Uint8Array(elements);
}

export class NativeBackend extends KernelBackend {
  readonly addon: NativeAddon;
  /** Every native kernel, as a function of named arguments. */
  readonly kernels: NativeKernels;
  /** Numbers that the arguments of one kernel call may take. */
  readonly argumentCount: number;
  private readonly storages = new Map<DataId, Storage>();
  private ids = 0; // what numDataIds answers
  private sequence = 0;

  constructor(addon: NativeAddon) {
    super();
    this.addon = addon;
    this.kernels = bindKernels(addon);
    this.argumentCount = addon.argumentArea.byteLength / Float64Array.BYTES_PER_ELEMENT;
  }

  /** A new tensor with undefined contents, for a kernel to fill. */
  allocate(shape: readonly number[], dtype: NativeDataType): TensorInfo {
    const dataId = {};
    this.store(dataId, util.sizeFromShape([...shape]), dtype, 1);
    return { dataId, shape: [...shape], dtype };
  }

  /** The native buffer of a tensor, for a kernel call. */
  buffer(tensor: TensorInfo): Handle {
    const { handle } = this.storage(tensor.dataId);
    if (handle === undefined) {
      throw new NativeError('DTYPE', `nabla-cpu: a tensor of dtype ${tensor.dtype} has no native buffer.`);
    }
    return handle;
  }

  /** A tensor that shares the memory of another one under a new shape. */
  share(tensor: TensorInfo, shape: readonly number[] = tensor.shape): TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  /** Joins two float32 tensors to a complex one, which takes them over. */
  makeComplex(real: TensorInfo, imag: TensorInfo): TensorInfo {
    const dataId = {};
    this.storages.set(dataId, { dtype: 'complex64', sequence: ++this.sequence, refCount: 1, complex: { real, imag } });
    this.ids += 1;
    return { dataId, shape: real.shape, dtype: 'complex64' };
  }

  complexParts(tensor: TensorInfo): { real: TensorInfo; imag: TensorInfo } {
    const { complex } = this.storage(tensor.dataId);
    if (complex === undefined)
      throw new NativeError('DTYPE', `nabla-cpu: expected complex64, received ${tensor.dtype}.`);
    return complex;
  }

  /** Runs a kernel; when it throws, what it had allocated so far is given back, and a lack of memory is put in its name. */
  guarded<T>(kernel: () => T, kernelName: string): T {
    const before = this.sequence;
    try {
      return kernel();
    } catch (error) {
      for (const [dataId, { sequence }] of this.storages) if (sequence > before) this.disposeData(dataId, true);
      throw isOutOfMemory(error) ? inNameOf(kernelName, error) : error;
    }
  }

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.writeTo(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(dataId: DataId, values: Values, shape: number[], dtype: DataType, refCount: number): void {
    this.writeTo(dataId, values, shape, dtype, refCount);
  }

  override readSync(dataId: DataId): Values {
    const { dtype, handle, elements = 0, strings, complex } = this.storage(dataId);
    if (strings !== undefined) return strings;
    if (complex !== undefined) {
      const [real, imag] = [this.readSync(complex.real.dataId), this.readSync(complex.imag.dataId)];
      return backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array);
    }
    const values = emptyArray(dtype, elements);
    guardNative(this.addon, () => this.addon.read(handle as Handle, values), { kernel: 'read' });
    return values;
  }

  override read(dataId: DataId): Promise<Values> {
    return Promise.resolve(this.readSync(dataId)); // read now: the tensor may be disposed before the promise resolves
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const storage = this.storages.get(dataId);
    if (storage === undefined) return true;
    storage.refCount -= 1;
    if (!force && storage.refCount > 0) return false;
    this.storages.delete(dataId);
    this.ids -= 1;
    if (storage.handle !== undefined) this.addon.release(storage.handle);
    if (storage.complex !== undefined) {
      this.disposeData(storage.complex.real.dataId, true);
      this.disposeData(storage.complex.imag.dataId, true);
    }
    return true;
  }

  override incRef(dataId: DataId): void {
    this.storage(dataId).refCount += 1;
  }

  override refCount(dataId: DataId): number {
    return this.storages.get(dataId)?.refCount ?? 0;
  }

  override numDataIds(): number {
    return this.ids;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override time(run: () => void): Promise<BackendTimingInfo> {
    const start = util.now();
    run();
    return Promise.resolve({ kernelMs: util.now() - start });
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override dispose(): void {
    for (const { handle } of this.storages.values()) if (handle !== undefined) this.addon.release(handle);
    this.storages.clear();
    this.ids = 0;
  }

  /** The storage of a data id; one that another backend holds is moved here first. */
  private storage(dataId: DataId): Storage {
    const storage = this.storages.get(dataId);
    if (storage !== undefined) return storage;
    engine().moveData(this, dataId); // calls this.move
    return this.storage(dataId);
  }

  private store(dataId: DataId, elements: number, dtype: DataType, refCount: number): Handle {
    const bytes = elements * ELEMENT_BYTES[dtype];
    const handle = guardNative(this.addon, () => this.addon.allocate(bytes), { kernel: 'allocate' });
    this.storages.set(dataId, { dtype, sequence: ++this.sequence, refCount, handle, elements });
    this.ids += 1;
    return handle;
  }

  private writeTo(dataId: DataId, values: Values, shape: number[], dtype: DataType, refCount: number): void {
    const sequence = ++this.sequence;
    if (dtype === 'string') {
      this.storages.set(dataId, { dtype, sequence, refCount, strings: values as Uint8Array[] });
      this.ids += 1;
    } else if (dtype === 'complex64') {
      const { real, imag } = backend_util.splitRealAndImagArrays(values as Float32Array);
      const part = (data: Float32Array): TensorInfo => ({
        dataId: this.write(data, shape, 'float32'),
        shape,
        dtype: 'float32',
      });
      this.storages.set(dataId, { dtype, sequence, refCount, complex: { real: part(real), imag: part(imag) } });
      this.ids += 1;
    } else {
      const source = toElements(values, dtype);
      const handle = this.store(dataId, source.length, dtype, refCount);
      guardNative(this.addon, () => this.addon.write(handle, source), { kernel: 'write' });
    }
  }
}

function isOutOfMemory(error: unknown): error is DeviceError {
  return error instanceof DeviceError && error.code === 'OUT_OF_MEMORY';
}

/** The error with the kernel for whose sake memory was wanted in the place of the addon's function. */
function inNameOf(kernelName: string, { code, message, details, cause }: DeviceError): DeviceError {
  const text = message.replace(/^\w+(?=: )/, kernelName);
  return new DeviceError(code, text, { ...details, op: kernelName }, { cause });
}

/** The values as the typed array of their dtype: kernels on the host may return plain arrays or arrays of another type. */
function toElements(values: Values, dtype: DataType): TypedArray {
  const array = values as TypedArray;
  if (array[Symbol.toStringTag] === ARRAY_NAMES[dtype]) return array;
  const copy = emptyArray(dtype, array.length);
  copy.set(array);
  return copy;
}
