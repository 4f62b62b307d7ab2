// SPDX-License-Identifier: Apache-2.0
// Devices cpu and cuda: the tfjs backend whose tensors live in an addon. It stores, counts references and reads; kernels compute.

import { DeviceError, NativeError } from '../errors.ts';
import { sizeOf } from '../shape.ts';
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
import { NativeMemoryPool } from './native-memory-pool.ts';
import { NativeRecorder } from './native-recorder.ts';
import { type NativeKernels, bindKernels, guardNative, translate } from './run-kernel.ts';
import { Storage, StorageId, StorageList } from './storage.ts';

type Values = backend_util.BackendValues;

/** The dtypes whose elements live in native memory. */
export type NativeDataType = 'float32' | 'int32' | 'bool';

/** So many storages are made between two looks at which of them still live. */
const UNWATCHED = 1024;

const BFLOAT16_BYTES = 2;
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
  readonly recorder: NativeRecorder;
  private readonly living = new StorageList();
  private readonly pool: NativeMemoryPool;
  /** The sequence of the last storage whose data id the addon watches. */
  private watched = 0;
  /** The storages of data ids that were made on another device. */
  private readonly adopted = new WeakMap<DataId, Storage>();

  constructor(addon: NativeAddon) {
    super();
    this.addon = addon;
    this.kernels = bindKernels(addon, () => this.pool.collect());
    this.pool = new NativeMemoryPool(addon, {
      watchAll: () => this.watchAll(),
      free: (handles) => this.freeForgotten(handles),
    });
    this.recorder = new NativeRecorder(addon, (handle, bytes) => {
      this.pool.release(handle, bytes);
    });
    this.argumentCount = addon.argumentArea.byteLength / Float64Array.BYTES_PER_ELEMENT;
  }

  /** A new tensor with undefined contents, for a kernel to fill. */
  allocate(shape: readonly number[], dtype: NativeDataType): TensorInfo {
    const dataId = new StorageId(new Storage(this.living));
    this.reserve(dataId.storage, dataId, sizeOf(shape), dtype, 1);
    return { dataId, shape: [...shape], dtype };
  }

  /** Float32 zeros that take memory when they are first used, for values that are to come. */
  allocateBlank(shape: readonly number[]): TensorInfo {
    const dataId = new StorageId(new Storage(this.living));
    const { storage } = dataId;
    storage.isBlank = true;
    storage.unwatched = dataId;
    storage.elements = sizeOf(shape);
    this.start(storage, 'float32', 1);
    return { dataId, shape: [...shape], dtype: 'float32' };
  }

  /** The native buffer of a tensor, for a kernel call. */
  buffer(tensor: TensorInfo): Handle {
    const storage = this.storage(tensor.dataId);
    if (storage.isBlank) {
      this.recorder.refuse('be the first to use blank zeros');
      const out = this.takeMemory(storage, false);
      this.kernels.fill_f32({ out, count: storage.elements, value: 0 });
    }
    const { handle } = storage;
    if (handle === undefined) {
      throw new NativeError('DTYPE', `a tensor of dtype ${tensor.dtype} has no native buffer.`);
    }
    return handle;
  }

  /** Stores a float32 tensor as bf16, its values rounded, until a kernel writes it. */
  storeAsBfloat16(tensor: TensorInfo): void {
    const storage = this.storage(tensor.dataId);
    if (storage.isBlank) {
      this.takeMemory(storage, true);
      return;
    }
    this.recorder.refuse('store a tensor as bf16');
    const handle = this.buffer(tensor);
    guardNative(this.addon, 'storeAsBfloat16', () => this.addon.storeAsBfloat16(handle));
    const saved = storage.bytes - storage.elements * BFLOAT16_BYTES;
    this.pool.shrink(saved);
    storage.bytes -= saved;
  }

  /** Writes a tensor's elements into another one that is stored as bf16, rounded, from `start` on. False: it is not stored so. */
  writeRounded(target: TensorInfo, source: TensorInfo, start: number): boolean {
    this.recorder.refuse('round into a tensor');
    const [to, from] = [this.buffer(target), this.buffer(source)];
    return guardNative(this.addon, 'writeRounded', () => this.addon.writeRounded(to, from, start));
  }

  /**
   * Whether it is known, without a look, that each element of an int32 tensor is from 0 to `bound - 1`, or is `ignored`, which is meant
   * only where it is negative.
   */
  areIndices(tensor: TensorInfo, bound: number, ignored = 0): boolean {
    const handle = this.find(tensor.dataId)?.handle;
    return handle !== undefined && this.addon.areIndices(handle, bound, ignored);
  }

  /** A tensor that shares the memory of another one under a new shape. */
  share(tensor: TensorInfo, shape: readonly number[] = tensor.shape): TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: [...shape], dtype: tensor.dtype };
  }

  /** Joins two float32 tensors to a complex one, which takes them over. */
  makeComplex(real: TensorInfo, imag: TensorInfo): TensorInfo {
    const storage = new Storage(this.living);
    storage.complex = { real, imag };
    this.start(storage, 'complex64', 1);
    return { dataId: new StorageId(storage), shape: real.shape, dtype: 'complex64' };
  }

  complexParts(tensor: TensorInfo): { real: TensorInfo; imag: TensorInfo } {
    const { complex } = this.storage(tensor.dataId);
    if (complex === undefined) throw new NativeError('DTYPE', `expected complex64, received ${tensor.dtype}.`);
    return complex;
  }

  /** Runs a kernel; when it throws, what it had allocated so far is given back, and a lack of memory is put in its name. */
  guarded<T>(kernel: () => T, kernelName: string): T {
    const { sequence } = this.living;
    try {
      return kernel();
    } catch (error) {
      for (const storage of this.living.since(sequence)) if (!storage.moved) this.free(storage);
      throw isOutOfMemory(error) ? inNameOf(kernelName, error) : error;
    }
  }

  override write(values: Values, shape: number[], dtype: DataType): DataId {
    const dataId = new StorageId(new Storage(this.living));
    this.writeTo(dataId.storage, dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(dataId: DataId, values: Values, shape: number[], dtype: DataType, refCount: number): void {
    const isOwn = dataId instanceof StorageId && dataId.storage.owner === this.living; // it comes home
    const storage = isOwn ? dataId.storage : new Storage(this.living);
    if (!isOwn) this.adopted.set(dataId, storage);
    this.writeTo(storage, dataId, values, shape, dtype, refCount);
    storage.moved = true;
  }

  override readSync(dataId: DataId): Values {
    this.recorder.refuse('read a tensor');
    const { dtype, handle, elements, strings, complex, isBlank } = this.storage(dataId);
    if (strings !== undefined) return strings;
    if (complex !== undefined) {
      const [real, imag] = [this.readSync(complex.real.dataId), this.readSync(complex.imag.dataId)];
      return backend_util.mergeRealAndImagArrays(real as Float32Array, imag as Float32Array);
    }
    const values = emptyArray(dtype, elements);
    if (isBlank) return values;
    guardNative(this.addon, 'read', () => this.addon.read(handle as Handle, values));
    return values;
  }

  /** Begins to read now: the tensor may be disposed before the promise resolves. */
  override async read(dataId: DataId): Promise<Values> {
    this.recorder.refuse('read a tensor');
    const { dtype, handle, elements, complex, isBlank } = this.storage(dataId);
    if (complex !== undefined) {
      const parts = await Promise.all([this.read(complex.real.dataId), this.read(complex.imag.dataId)]);
      const [real, imag] = parts as [Float32Array, Float32Array];
      return backend_util.mergeRealAndImagArrays(real, imag);
    }
    if (handle === undefined || isBlank) return this.readSync(dataId);
    const values = emptyArray(dtype, elements);
    const later = guardNative(this.addon, 'read', () => this.addon.readLater(handle, values));
    await later?.catch((error: unknown) => {
      throw translate(this.addon, error, { kernel: 'read' });
    });
    return values;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    const storage = this.find(dataId);
    if (storage === undefined) return true;
    storage.refCount -= 1;
    if (!force && storage.refCount > 0) return false;
    this.free(storage);
    return true;
  }

  override incRef(dataId: DataId): void {
    this.storage(dataId).refCount += 1;
  }

  override refCount(dataId: DataId): number {
    return this.find(dataId)?.refCount ?? 0;
  }

  override numDataIds(): number {
    return this.living.count;
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
    while (this.living.newest !== undefined) this.free(this.living.newest);
  }

  /** The storage of a data id, if it lives here. */
  private find(dataId: DataId): Storage | undefined {
    const isOwn = dataId instanceof StorageId && dataId.storage.owner === this.living;
    const storage = isOwn ? dataId.storage : this.adopted.get(dataId);
    return storage === undefined || storage.refCount === 0 ? undefined : storage;
  }

  /** The storage of a data id; one that another backend holds is moved here first. */
  private storage(dataId: DataId): Storage {
    const storage = this.find(dataId);
    if (storage !== undefined) return storage;
    engine().moveData(this, dataId); // calls this.move
    return this.storage(dataId);
  }

  /** Lets a storage live, with what it has been given. */
  private start(storage: Storage, dtype: DataType, refCount: number): void {
    storage.dtype = dtype;
    storage.refCount = refCount;
    this.living.add(storage);
  }

  /** Frees what a storage holds, however many refer to it. */
  private free(storage: Storage): void {
    const { handle, complex, bytes } = storage;
    storage.refCount = 0;
    storage.isBlank = false;
    storage.handle = storage.unwatched = storage.strings = storage.complex = undefined;
    this.living.remove(storage);
    if (handle !== undefined && !this.recorder.hold(handle, bytes)) this.pool.release(handle, bytes);
    if (complex === undefined) return;
    this.disposeData(complex.real.dataId, true);
    this.disposeData(complex.imag.dataId, true);
  }

  /**
   * Lets the addon watch what lives. Not done for each storage as it is made, since most are freed soon, and V8 looks at every
   * watched object whenever it collects the young ones: a sixth of the time of a small network's step.
   */
  private watchAll(): void {
    for (const storage of this.living.since(this.watched)) {
      const { handle, unwatched } = storage;
      if (handle === undefined || unwatched === undefined) continue;
      this.addon.watch(handle, unwatched);
      storage.unwatched = undefined;
    }
    this.watched = this.living.sequence;
  }

  /** Frees the storages that the pool found forgotten, and takes their tensors out of what tfjs counts. */
  private freeForgotten(handles: ReadonlySet<Handle>): void {
    const { state } = engine();
    for (const storage of this.living.since(0)) {
      const { handle, refCount, elements, dtype } = storage;
      if (handle === undefined || !handles.has(handle)) continue;
      state.numTensors -= refCount; // each holds one reference
      state.numBytes -= refCount * elements * ELEMENT_BYTES[dtype];
      state.numDataBuffers -= 1;
      this.free(storage);
    }
  }

  /** Gives a storage native memory with undefined contents. */
  private reserve(storage: Storage, dataId: DataId, elements: number, dtype: DataType, refCount: number): Handle {
    const bytes = elements * ELEMENT_BYTES[dtype];
    const handle = this.take(bytes, false);
    storage.handle = handle;
    storage.bytes = bytes;
    storage.unwatched = dataId;
    storage.elements = elements;
    this.start(storage, dtype, refCount);
    if (this.living.sequence - this.watched >= UNWATCHED) this.watchAll();
    return handle;
  }

  /** Gives blank zeros their memory, of undefined contents, or of zeros that are stored as bf16. */
  private takeMemory(storage: Storage, asBfloat16: boolean): Handle {
    const bytes = storage.elements * (asBfloat16 ? BFLOAT16_BYTES : ELEMENT_BYTES['float32']);
    const handle = this.take(bytes, asBfloat16);
    storage.isBlank = false;
    storage.handle = handle;
    storage.bytes = bytes;
    if (storage.sequence <= this.watched && storage.unwatched !== undefined) {
      this.addon.watch(handle, storage.unwatched); // those around it are watched already
      storage.unwatched = undefined;
    }
    return handle;
  }

  private take(bytes: number, asBfloat16: boolean): Handle {
    try {
      const handle = this.pool.allocate(bytes, asBfloat16);
      this.recorder.noteMade(handle);
      return handle;
    } catch (error) {
      throw translate(this.addon, error, { kernel: 'allocate' });
    }
  }

  private writeTo(
    storage: Storage,
    dataId: DataId,
    values: Values,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    if (dtype === 'string') {
      storage.strings = values as Uint8Array[];
      this.start(storage, dtype, refCount);
    } else if (dtype === 'complex64') {
      const { real, imag } = backend_util.splitRealAndImagArrays(values as Float32Array);
      const part = (data: Float32Array): TensorInfo => ({
        dataId: this.write(data, shape, 'float32'),
        shape,
        dtype: 'float32',
      });
      storage.complex = { real: part(real), imag: part(imag) };
      this.start(storage, dtype, refCount);
    } else {
      const source = toElements(values, dtype);
      const handle = this.reserve(storage, dataId, source.length, dtype, refCount);
      guardNative(this.addon, 'write', () => this.addon.write(handle, source));
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
