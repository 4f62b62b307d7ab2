// SPDX-License-Identifier: Apache-2.0
// All Python names that a pickle of tensors may refer to, and what each of them makes. Nothing else is ever looked up.

import type { FileType } from '../safetensors/format.ts';
import type { ByteReader } from './byte-reader.ts';
import { pickleError } from './errors.ts';
import {
  PickledDict,
  PickledList,
  PickledName,
  PickledStorage,
  PickledTensor,
  type PickleValue,
  kindOf,
} from './values.ts';

/** Element types of the storages that are read. */
const STORAGES: Readonly<Record<string, FileType>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
};

const MOST_AXES = 64; // those of PyTorch

type Make = (values: readonly PickleValue[], reader: ByteReader) => PickleValue;

/** What is made of a name and a tuple of arguments. */
const CALLABLE: Readonly<Record<string, Make>> = {
  'collections.OrderedDict': ([items = new PickledList()], reader) => {
    const dict = new PickledDict();
    if (!(items instanceof PickledList)) throw wrongArguments(reader, 'an OrderedDict', 'a list', items);
    for (const item of items.items) {
      const pair = item instanceof PickledList ? item.items : item;
      if (!isTuple(pair) || pair.length !== 2) throw wrongArguments(reader, 'an OrderedDict', 'a list of pairs', item);
      dict.entries.push([pair[0], pair[1]]);
    }
    return dict;
  },
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_parameter': ([tensor], reader) => {
    if (tensor instanceof PickledTensor) return tensor;
    throw wrongArguments(reader, 'a parameter', 'a tensor', tensor);
  },
};

/** A name, if it is one of those that tensors are made with. */
export function findName(name: string, reader: ByteReader): PickledName {
  if (Object.hasOwn(STORAGES, name) || Object.hasOwn(CALLABLE, name)) return new PickledName(name);
  const { file } = reader;
  if (/^torch\.\w+Storage$/.test(name)) {
    const hint = 'Save it in another type, such as float32 or int64.';
    const expected = `to have values of a known type (${Object.keys(STORAGES).join(', ')})`;
    throw pickleError({ file, expected, received: name, hint });
  }
  const hint = `Nothing of the file has been run. Save the weights alone: torch.save(model.state_dict(), path).`;
  const received = `one that refers to ${printable(name)}, which is not a tensor`;
  throw pickleError({ file, expected: 'to hold tensors and plain values only', received, hint });
}

/** What Python would make by calling `callee`. */
export function call(callee: PickleValue, values: PickleValue, reader: ByteReader): PickleValue {
  const make = callee instanceof PickledName && Object.hasOwn(CALLABLE, callee.name) && CALLABLE[callee.name];
  if (!make) throw reader.error('to call what makes tensors', kindOf(callee));
  if (!isTuple(values)) throw wrongArguments(reader, kindOf(callee), 'a tuple', values);
  return make(values, reader);
}

/**
 * The storage that a persistent id stands for: `('storage', type, key, device, elements)`, in files older than torch 1.6 with what it is a
 * view of.
 */
export function findStorage(id: PickleValue, reader: ByteReader): PickledStorage {
  const [word, type, key, , count, view = null] = isTuple(id) ? id : [];
  const dtype = type instanceof PickledName && Object.hasOwn(STORAGES, type.name) ? STORAGES[type.name] : undefined;
  if (word !== 'storage' || dtype === undefined || typeof key !== 'string' || !isCount(count)) {
    throw reader.error('to refer to a storage by type, key, device and size', kindOf(id));
  }
  if (view === null) return new PickledStorage(dtype, key, count);
  const hint = 'Load and save it with a PyTorch of version 1.6 or later.';
  throw pickleError({ file: reader.file, expected: 'to have whole storages', received: 'a view of one', hint });
}

/** `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)` */
function rebuildTensor(values: readonly PickleValue[], reader: ByteReader): PickledTensor {
  const [storage, offset, shape, strides] = values;
  if (!(storage instanceof PickledStorage)) throw wrongArguments(reader, 'a tensor', 'a storage', storage);
  if (!isCount(offset)) throw wrongArguments(reader, 'a tensor', 'an offset >= 0', offset);
  if (!isTuple(shape) || !shape.every(isCount)) throw wrongArguments(reader, 'a tensor', 'a shape', shape);
  if (!isTuple(strides) || !strides.every(isCount)) throw wrongArguments(reader, 'a tensor', 'strides', strides);
  if (shape.length !== strides.length) throw wrongArguments(reader, 'a tensor', 'a stride for each axis', strides);
  if (shape.length > MOST_AXES) throw reader.error(`to have at most ${MOST_AXES} axes`, `${shape.length}`);
  if (!shape.includes(0)) {
    const last = shape.reduce((at, length, axis) => at + (length - 1) * strides[axis], offset);
    if (!(last < storage.count)) {
      const received = `element ${last} of a storage of ${storage.count}`;
      throw reader.error('to have tensors within their storages', received);
    }
  }
  return new PickledTensor(storage, offset, shape, strides);
}

export function isTuple(value: PickleValue | undefined): value is readonly PickleValue[] {
  return Array.isArray(value);
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function wrongArguments(reader: ByteReader, what: string, wanted: string, value: PickleValue | undefined): Error {
  return reader.error(`to make ${what} of ${wanted}`, kindOf(value));
}

/** A name from a file that may be hostile, so that it does no harm in a terminal. */
function printable(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}
